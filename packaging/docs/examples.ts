// One message of each type as it could be on the wire: shown in docs/protocol.md, and checked by a test.
import type { Message, MessageType } from '../../protocol/messages.ts';

const LAPTOP = 'K5QXW2LFNNSXEZLTOQQHI33PONSXIYLUN5WWK3TUMVZGKZDFMZTA';
const HUB = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIZDGNBVGY3Q';
const LAPTOP_EPOCH = 'ORSXG5A2GEZDGNBV';
const HUB_EPOCH = 'NBXW2ZJAMZXXEIDB';
const NOTE = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const version = (path: string, at: number) => ({
  path,
  vector: [
    [HUB_EPOCH, at - 86_400_000],
    [LAPTOP_EPOCH, at],
  ] as const,
  origin: LAPTOP,
  maker: LAPTOP_EPOCH,
  stamp: at,
  mark: false,
});

const note = (path: string, at: number) => ({
  ...version(path, at),
  kind: 'file' as const,
  size: 4,
  sha256: NOTE,
  mode: 0o644,
  mtimeUs: `${at}000`,
});

export const EXAMPLES: { readonly [Type in MessageType]: Extract<Message, { type: Type }> } = {
  HELLO: {
    type: 'HELLO',
    protocol: { min: 1, max: 1 },
    program: 'syncd 0.1.0',
    name: 'laptop',
    boot: 'GEZDGNBVGY3TQOJQ',
    nowMs: 1_780_000_000_000,
  },
  JOIN: {
    type: 'JOIN',
    secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEH',
    name: 'laptop',
    preview: false,
    address: 'laptop.example:9031',
  },
  JOINED: {
    type: 'JOINED',
    name: 'hub',
    folders: [
      {
        name: 'docs',
        role: 'two-way',
        authority: HUB,
        conflict: 'newest',
        files: 1200,
        bytes: 73_400_320,
        digest: 1200 * 16,
      },
    ],
    payload: 1200 * 16,
  },
  INDEX: {
    type: 'INDEX',
    folder: 'docs',
    epoch: LAPTOP_EPOCH,
    seq: 1_780_000_000_000_123,
    run: '5f0e7a1c9b3d4e826071',
    entries: 1200,
    have: { epoch: HUB_EPOCH, seq: 1_779_999_000_000_456, run: 'c81d20f4a6b97e335502' },
    common: {
      authority: { value: HUB, stamp: 3, by: HUB },
      conflict: { value: 'newest', stamp: 1_780_000_000_900, by: LAPTOP },
    },
    reply: true,
  },
  FILE_UPDATE: {
    type: 'FILE_UPDATE',
    folder: 'docs',
    seq: 1_780_000_001_000_000,
    record: note('notes/plan.md', 1_780_000_000_900),
    payload: 4,
  },
  FILE_DELETE: {
    type: 'FILE_DELETE',
    folder: 'docs',
    seq: 1_780_000_002_000_000,
    record: version('notes/old.md', 1_780_000_001_900),
  },
  FILE_MOVE: {
    type: 'FILE_MOVE',
    folder: 'docs',
    fromSeq: 1_780_000_003_000_000,
    seq: 1_780_000_003_000_001,
    from: version('notes/plan.md', 1_780_000_002_900),
    to: note('archive/plan.md', 1_780_000_002_901),
  },
  CHUNK_REQUEST: {
    type: 'CHUNK_REQUEST',
    folder: 'docs',
    request: 17,
    path: 'film.mkv',
    sha256: NOTE,
    want: 'bytes',
    ranges: [
      [0, 131_072],
      [524_288, 98_304],
    ],
  },
  CHUNK: { type: 'CHUNK', folder: 'docs', request: 17, what: 'bytes', offset: 524_288, payload: 98_304 },
  ACK: {
    type: 'ACK',
    folder: 'docs',
    epoch: HUB_EPOCH,
    received: 1_779_999_000_000_456,
    held: 1_779_999_000_000_100,
    skipped: 0,
    announced: 1763710000123457,
  },
  PING: { type: 'PING', id: 3 },
  PONG: { type: 'PONG', id: 3 },
  ERROR: {
    type: 'ERROR',
    code: 'E_NOT_SHARED',
    message: 'The folder is not shared with this device.',
    folder: 'docs',
    fatal: false,
  },
};
