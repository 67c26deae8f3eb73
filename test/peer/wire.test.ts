// The door between wire and core: what is written reads back the same, and what cannot be is refused or ends the session.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseDeviceId,
  parseEpoch,
  parseSequence,
  parseSha256,
  type Run,
  type Sequence,
} from '../../daemon/core/ids.ts';
import { parseRelativePath } from '../../daemon/core/path.ts';
import type { Entry, FileRecord } from '../../daemon/core/record.ts';
import {
  announcementFrames,
  announcements,
  chunkAnswer,
  chunkFrame,
  chunkRequest,
  chunkRequestMessage,
  indexMessage,
  indexOffer,
} from '../../daemon/peer/wire.ts';
import type { Announcement } from '../../daemon/ports/peers.ts';
import { CodedError } from '../../protocol/errors.ts';
import { decodeMessage, encodeTrain } from '../../protocol/frame.ts';
import type { Delivered } from '../../protocol/session.ts';
import type { FileUpdate, Frame, WireFile } from '../../protocol/messages.ts';
import { folderName, offer } from './recording-door.ts';

const docs = folderName('docs');
const sha256 = known(parseSha256('ab'.repeat(32)));
const epoch = known(parseEpoch('A'.repeat(16)));
const device = known(parseDeviceId('B'.repeat(52)));

const file: Entry = { kind: 'file', size: 5, sha256, mode: 0o640, mtimeUs: -12_345_678_901_234_567n };
const lost = { kind: 'file', sha256, sizeBytes: 4, origin: device, stamp: 12 } as const;

const each: Record<string, Announcement> = {
  'a file': { seq: seq(1), record: record('a/b.txt', file) },
  'a file with its content': { seq: seq(2), record: record('b', file), content: new TextEncoder().encode('hello') },
  'a file with lost contents': { seq: seq(3), record: { ...record('c', file), lost: [lost], mark: true } },
  'a directory': { seq: seq(4), record: record('d', { kind: 'dir', mode: 0o755 }) },
  'a link': { seq: seq(5), record: record('e', { kind: 'symlink', target: '../nowhere' }) },
  'a tombstone': { seq: seq(6), record: record('f', { kind: 'absent' }) },
};

for (const [what, announcement] of Object.entries(each))
  test(`${what} reads back as it was announced`, () => {
    assert.deepEqual(roundTrip([announcement]), [announcement]);
  });

test('a tombstone and the record that its content became travel as one FILE_MOVE', () => {
  const from = { seq: seq(7), record: record('old', { kind: 'absent' }) };
  const to = { seq: seq(8), record: record('new', file), movedFrom: record('old', file).path };

  const frames = announcementFrames(docs, [from, to]);

  assert.deepEqual(
    frames.map((frame) => frame.message.type),
    ['FILE_MOVE'],
  );
  assert.deepEqual(roundTrip([from, to]), [from, to]);
});

test('a move whose tombstone was not announced just before travels as an update', () => {
  const to = { seq: seq(8), record: record('new', file), movedFrom: record('old', file).path };

  assert.deepEqual(
    announcementFrames(docs, [to]).map((frame) => frame.message.type),
    ['FILE_UPDATE'],
  );
});

test('a path that cannot be is refused by itself, and the rest of a move goes on', () => {
  const bad = ['..', '/a', 'a//b', 'a/', '.syncd/id', 'a/../../b', 'a\0b', 'x'.repeat(256), '\ud800'];
  for (const path of bad) {
    const { accepted, refused } = announcements(update({ path }), undefined);
    assert.deepEqual(accepted, []);
    assert.deepEqual(
      refused.map((one) => one.code),
      ['E_NAME'],
      path,
    );
  }
  const [frame] = announcementFrames(docs, [
    { seq: seq(1), record: record('old', { kind: 'absent' }) },
    { seq: seq(2), record: record('new', file), movedFrom: record('old', file).path },
  ]);
  if (frame?.message.type !== 'FILE_MOVE') throw new Error('no move');
  const moved = announcements({ ...frame.message, to: { ...frame.message.to, path: '../new' } }, undefined);
  assert.deepEqual(
    moved.accepted.map((one) => [one.record.path, one.record.entry.kind]),
    [['old', 'absent']],
  );
});

test('a link to what symlink(2) would not take is refused', () => {
  for (const target of ['\ud800', 'x'.repeat(4096), 'ü'.repeat(2048)]) {
    const { kind, ...version } = wireFile();
    const message: FileUpdate = { ...update({}), record: { ...version, kind: 'symlink', target } };
    assert.equal(kind, 'file');
    assert.deepEqual(
      announcements(message, undefined).refused.map((one) => one.code),
      ['E_LINK_TARGET'],
    );
  }
});

test('a version that is none ends the session', () => {
  const other = 'B'.repeat(16);
  const bad: Partial<WireFile>[] = [
    { vector: [['short', 1]] },
    {
      vector: [
        [other, 1],
        [epoch, 1],
      ],
    },
    {
      vector: [
        [epoch, 1],
        [epoch, 2],
      ],
    },
    { vector: [[epoch, 0]] },
    { vector: [[epoch, 2 ** 53]] },
    { origin: 'nobody' },
    { maker: 'never' },
    { sha256: 'AB'.repeat(32) },
  ];
  for (const part of bad)
    assert.throws(
      () => announcements(update(part), undefined),
      (error) => error instanceof CodedError && error.code === 'E_PROTOCOL',
      JSON.stringify(part),
    );
});

test('INDEX, chunk requests and chunks read back as they were written', () => {
  const { epoch: ours, seq: at } = offer();
  for (const have of [undefined, { epoch: ours, seq: at }]) {
    const said = { ...offer(), have };
    assert.deepEqual(indexOffer(indexMessage(docs, said, true)), said);
    const ran = have && { ...have, run: 'r2' as Run };
    const more = { ...said, run: 'r1' as Run, have: ran, asks: true, zstd: true, parts: true, scanning: true };
    assert.deepEqual(indexOffer(indexMessage(docs, more, true)), more);
  }
  const path = record('a', file).path;
  for (const want of [
    { kind: 'manifest' } as const,
    { kind: 'manifest', outline: true } as const,
    { kind: 'manifest', groups: [{ first: 3, count: 2 }] } as const,
    {
      kind: 'bytes',
      ranges: [
        { offset: 0, length: 1 },
        { offset: 9, length: 3 },
      ],
    } as const,
  ]) {
    const request = { request: 3, path, sha256, want, priority: 'high' } as const;
    assert.deepEqual(chunkRequest(chunkRequestMessage(docs, request)), request);
  }
  const payload = Uint8Array.of(1, 2);
  for (const answer of [
    { request: 1, kind: 'gone' },
    { request: 1, kind: 'manifest', payload },
    { request: 1, kind: 'manifest', payload, outline: true },
    { request: 1, kind: 'bytes', offset: 7, payload },
    { request: 1, kind: 'bytes', offset: 7, payload, packed: true, length: 300 },
  ] as const) {
    const frame = overTheWire([chunkFrame(docs, answer)])[0];
    if (frame?.message.type !== 'CHUNK') throw new Error('no chunk');
    const read = chunkAnswer(frame.message, frame.payload);
    assert.deepEqual(
      { ...read, ...('payload' in read && { payload: [...read.payload] }) },
      {
        ...answer,
        ...('payload' in answer && { payload: [1, 2] }),
      },
    );
  }
});

test('a chunk of a path that cannot be is no violation, and no chunk', () => {
  const path = record('a', file).path;
  const message = chunkRequestMessage(docs, { request: 1, path, sha256, want: { kind: 'manifest' } });
  const refused = chunkRequest({ ...message, path: '../etc/passwd' });
  assert.ok('code' in refused);
});

function roundTrip(announced: readonly Announcement[]): Announcement[] {
  return overTheWire(announcementFrames(docs, announced)).flatMap(({ message, payload }) => {
    assert.ok(message.type === 'FILE_UPDATE' || message.type === 'FILE_DELETE' || message.type === 'FILE_MOVE');
    const { accepted, refused } = announcements(message, payload);
    assert.deepEqual(refused, []);
    return accepted.map((one) => (one.content === undefined ? one : { ...one, content: Uint8Array.from(one.content) }));
  });
}

/** Through encoder, decoder and schemas, as over a link. */
function overTheWire(frames: readonly Frame[]): { message: Delivered; payload: Uint8Array | undefined }[] {
  return decodeMessage(encodeTrain(frames)).map((decoded) => {
    if (decoded.kind !== 'frame') throw new Error(decoded.what);
    const { message, payload } = decoded.frame;
    if (['HELLO', 'JOIN', 'JOINED', 'PING', 'PONG'].includes(message.type)) throw new Error(message.type);
    return { message: message as Delivered, payload };
  });
}

function update(part: Partial<WireFile>): FileUpdate {
  return { type: 'FILE_UPDATE', folder: docs, seq: 1, record: { ...wireFile(), ...part } };
}

function wireFile(): WireFile {
  const [frame] = announcementFrames(docs, [{ seq: seq(1), record: record('a', file) }]);
  if (frame?.message.type !== 'FILE_UPDATE' || frame.message.record.kind !== 'file') throw new Error('no file');
  return frame.message.record;
}

function record(path: string, entry: Entry): FileRecord {
  const parsed = parseRelativePath(path);
  if (!parsed.ok) throw new Error(parsed.why);
  return {
    path: parsed.path,
    entry,
    vector: [[epoch, 1_700_000_000_000]],
    origin: device,
    maker: epoch,
    stamp: 1_700_000_000_000,
    mark: false,
    lost: [],
  };
}

function seq(value: number): Sequence {
  return known(parseSequence(value));
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not what the test means');
  return value;
}
