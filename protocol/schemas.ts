// A JSON schema for each message: parse-message.ts goes by them. Unknown fields are ignored, so that newer peers may say
// more. Rules of paths and names beyond their length belong to daemon/peer/wire.ts, which refuses one record where a
// schema would end the session.
import {
  MAX_ADDRESS_LENGTH,
  MAX_DIGEST_BYTES,
  MAX_ERROR_LENGTH,
  MAX_FOLDERS,
  MAX_FOLDER_NAME_LENGTH,
  MAX_INLINE_BYTES,
  MAX_LOST,
  MAX_NAME_LENGTH,
  MAX_OVER,
  MAX_PATH_LENGTH,
  MAX_PAYLOAD_BYTES,
  MAX_RANGES,
  MAX_RANGE_BYTES,
  MAX_REFUSED,
  MAX_VECTOR_ENTRIES,
} from './limits.ts';
import type { MessageType } from './messages.ts';

/** The part of JSON Schema (draft 7) that the messages need. docs/protocol.md is made from it. */
export interface Schema {
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema | readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly discriminator?: { readonly propertyName: string };
  readonly oneOf?: readonly Schema[];
}

type Fields = Readonly<Record<string, Schema>>;

/** All fields are required but those named in `optional`. */
function object(fields: Fields, optional: readonly string[] = []): Schema {
  return {
    type: 'object',
    required: Object.keys(fields).filter((name) => !optional.includes(name)),
    properties: fields,
  };
}

/** An object with more fields, by the value of one of them. */
function oneBy(tag: string, fields: Fields, optional: readonly string[], variants: readonly Schema[]): Schema {
  const tags = variants.flatMap((variant) => variant.properties?.[tag]?.const ?? []);
  const base = object({ [tag]: { type: 'string', enum: tags }, ...fields }, optional);
  return { ...base, discriminator: { propertyName: tag }, oneOf: variants };
}

const variant = (tag: string, value: string, fields: Fields): Schema => ({
  properties: { [tag]: { const: value }, ...fields },
  required: Object.keys(fields),
});

const described = (description: string, schema: Schema): Schema => ({ ...schema, description });

const integer = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): Schema => ({
  type: 'integer',
  minimum,
  maximum,
});
const count = integer(0);
const text = (minLength: number, maxLength: number): Schema => ({ type: 'string', minLength, maxLength });
const base32 = (length: number): Schema => ({ type: 'string', pattern: `^[A-Z2-7]{${length}}$` });
const flag: Schema = { type: 'boolean' };
const list = (items: Schema, minItems: number, maxItems: number): Schema => ({
  type: 'array',
  items,
  minItems,
  maxItems,
});
const pair = (first: Schema, second: Schema): Schema => ({
  type: 'array',
  items: [first, second],
  minItems: 2,
  maxItems: 2,
});

const device = base32(52);
const run: Schema = { type: 'string', pattern: '^[0-9A-Za-z]{1,64}$' };
const epoch = base32(16);
const sha256: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const folder = text(1, MAX_FOLDER_NAME_LENGTH);
const path = text(1, MAX_PATH_LENGTH);
const name = text(1, MAX_NAME_LENGTH);
const payload = (maximum: number): Schema => described('Bytes that follow the JSON.', integer(0, maximum));

const versionFields: Fields = {
  path,
  vector: described('Pairs of epoch and count, sorted by epoch.', list(pair(epoch, integer(1)), 1, MAX_VECTOR_ENTRIES)),
  origin: described('Device that made this version.', device),
  maker: described('Epoch in which it was made.', epoch),
  stamp: described('Milliseconds; decides conflicts.', integer(Number.MIN_SAFE_INTEGER)),
  mark: described("Made on the folder's authority.", flag),
};
const version = object(versionFields);

const lost = object(
  {
    kind: { type: 'string', enum: ['file', 'symlink'] },
    sha256,
    size: count,
    origin: device,
    stamp: integer(Number.MIN_SAFE_INTEGER),
    over: described(
      'What the version that won had seen: who merges the two looks for what both began from.',
      list(pair(epoch, integer(1)), 1, MAX_OVER),
    ),
  },
  ['over'],
);
const mode = described('Permission bits, without setuid, setgid and sticky.', integer(0, 0o777));
// 24 digits are 10^18 seconds: more than any file system but one in memory takes, and within 64 bits.
const mtimeUs = described('Microseconds since 1970, in decimal.', {
  type: 'string',
  pattern: '^(?:0|-?[1-9][0-9]{0,23})$',
});
const live = oneBy(
  'kind',
  { ...versionFields, lost: described('Losers of conflicts that nobody has settled yet.', list(lost, 0, MAX_LOST)) },
  ['lost'],
  [
    variant('kind', 'file', { size: count, sha256, mode, mtimeUs }),
    variant('kind', 'dir', { mode }),
    variant('kind', 'symlink', { target: text(1, MAX_PATH_LENGTH) }),
  ],
);

const agreed = (description: string, value: Schema): Schema =>
  described(description, object({ value, stamp: count, by: device }));

const seq = described("The sender's sequence of this record.", integer(1));

/** The schema of each message, without its field `type`, by which it was chosen. */
export const SCHEMAS: Readonly<Record<MessageType, Schema>> = {
  HELLO: described(
    'First on every session, from both sides, once: the device that dialled says it first. Nothing else is accepted before it.',
    object({
      protocol: described(
        'Versions of the protocol that the sender speaks.',
        object({ min: integer(1), max: integer(1) }),
      ),
      program: described('Name and version of the program, for people.', name),
      name: described("The device's own name; the receiver keeps the one from pairing.", name),
      boot: described(
        'Random for each start: two live sessions of one key with different ones are twins.',
        text(1, 64),
      ),
      nowMs: described("The sender's wall clock, only to tell people of clocks that differ.", count),
    }),
  ),
  JOIN: described(
    'The one message of an unpaired device: the proof of an invitation. Answered with JOINED or ERROR, then the session ends.',
    object(
      {
        secret: described("The invitation's 128 bits.", base32(26)),
        name: described('Name of the joining device.', name),
        preview: described('Only asks what the invitation gives, and does not use it up.', flag),
        digests: described("With `preview`: also asks for the folders' digests.", flag),
        address: described('Where the joining device can be dialled, if it listens.', text(1, MAX_ADDRESS_LENGTH)),
      },
      ['digests', 'address'],
    ),
  ),
  JOINED: described(
    'What the invitation gives, or would give. The payload is the digests of the folders that have one, in their order.',
    object(
      {
        name: described('Name of the inviting device.', name),
        folders: list(
          object(
            {
              name: folder,
              role: described('What the joining device may do there.', {
                type: 'string',
                enum: ['two-way', 'edit-only', 'read-only'],
              }),
              authority: device,
              conflict: described('How conflicts end in this folder.', name),
              files: count,
              bytes: count,
              digest: described(
                "Bytes of the payload that are this folder's digest. Absent: none was asked for, or it would be too large.",
                integer(0, MAX_DIGEST_BYTES),
              ),
            },
            ['digest'],
          ),
          1,
          MAX_FOLDERS,
        ),
        payload: payload(MAX_DIGEST_BYTES),
      },
      ['payload'],
    ),
  ),
  INDEX: described(
    'Opens a folder on a session: what the sender is at, and what it has of the receiver. All that came after follows.',
    object(
      {
        folder,
        epoch: described("Epoch of the sender's index.", epoch),
        seq: described('Highest sequence in it.', count),
        run: described('What the sender calls the present run of its index; another one after each start.', run),
        entries: described('Files, directories and links that the sender holds.', count),
        have: described(
          "What the sender has of the receiver's changes: all up to `seq` of `epoch`, the last of it heard in `run`.",
          object({ epoch, seq: count, run }, ['run']),
        ),
        role: described('What the receiver may do here. Absent: everything.', {
          type: 'string',
          enum: ['two-way', 'edit-only', 'read-only'],
        }),
        common: described(
          'The setting that all devices of the folder hold alike, as the sender knows it. Of two values the one with the greater stamp holds; of equal stamps the one of the smaller device.',
          object({
            authority: agreed('Whose versions are marked.', device),
            conflict: agreed('How conflicts end. A receiver that does not know the rule passes this by.', name),
          }),
        ),
        asks: described('The sender asks for every content: none is to come along with announcements.', flag),
        zstd: described('The sender takes contents packed with zstd. Absent: only as they are.', flag),
        parts: described('The sender takes one range as several answers. Absent: only as one.', flag),
        scanning: described(
          'The sender is in its first scan: more will be announced, and INDEX is said again when it is over.',
          flag,
        ),
        reply: described("The sender has not had the receiver's INDEX on this session: answer with it.", flag),
      },
      ['run', 'have', 'role', 'common', 'asks', 'zstd', 'parts', 'scanning'],
    ),
  ),
  FILE_UPDATE: described(
    "A file, directory or link as the sender holds it. A small file's whole content may be the payload.",
    object(
      {
        folder,
        seq,
        record: live,
        zstd: described('The payload is packed with zstd (RFC 8878): unpacked it is as long as the record says.', flag),
        payload: payload(MAX_INLINE_BYTES),
      },
      ['payload', 'zstd'],
    ),
  ),
  FILE_DELETE: described(
    'A tombstone.',
    object(
      {
        folder,
        seq,
        record: version,
        hold: described(
          'The deletion was held, and its maker approved it then, in ms: all with the same one are one change.',
          count,
        ),
      },
      ['hold'],
    ),
  ),
  FILE_MOVE: described(
    'A tombstone and the record that its content became, in one step. `to` has the sequence `seq`, `from` has `fromSeq`.',
    object({
      folder,
      fromSeq: described('Sequence of the tombstone; less than `seq`.', integer(1)),
      seq,
      from: version,
      to: live,
    }),
  ),
  CHUNK_REQUEST: described(
    "Asks for a file's manifest, or for bytes of it. Folder, path and hash must all be in the answering index.",
    oneBy(
      'want',
      {
        folder,
        request: described("The asking side's number, repeated in the answers.", count),
        path,
        sha256,
        priority: described("Which folder's contents are to come first. Absent: normal.", {
          type: 'string',
          enum: ['high', 'normal', 'low'],
        }),
        outline: described(
          'With `manifest`: what its groups are is enough. Who does not know this answers with it all.',
          flag,
        ),
        groups: described(
          'With `manifest`, after its outline: pairs of first and count of the groups of which the chunks are wanted.',
          list(pair(count, integer(1)), 1, MAX_RANGES),
        ),
      },
      ['priority', 'outline', 'groups'],
      [
        variant('want', 'manifest', {}),
        variant('want', 'bytes', {
          ranges: described(
            'Pairs of offset and length.',
            list(pair(count, integer(1, MAX_RANGE_BYTES)), 1, MAX_RANGES),
          ),
        }),
      ],
    ),
  ),
  CHUNK: described(
    'An answer: a manifest, one of the ranges asked for, `gone` when the file is no longer as the request says, or `later` when the folder is paused there, or outside of its schedule: to be asked for again.',
    oneBy(
      'what',
      {
        folder,
        request: count,
        zstd: described(
          'The payload is packed with zstd (RFC 8878): unpacked it is as long as the range that was asked for, or as `length` says.',
          flag,
        ),
        length: described(
          'Bytes of the file, where these are a part of the range that was asked for.',
          integer(1, MAX_RANGE_BYTES),
        ),
        outline: described('With `manifest`: the payload is the outline that was asked for.', flag),
      },
      ['zstd', 'length', 'outline'],
      [
        variant('what', 'manifest', { payload: payload(MAX_PAYLOAD_BYTES) }),
        variant('what', 'bytes', { offset: count, payload: payload(MAX_PAYLOAD_BYTES) }),
        variant('what', 'gone', {}),
        variant('what', 'later', {}),
      ],
    ),
  ),
  ACK: described(
    "How far the sender has got with the receiver's announcements.",
    object({
      folder,
      epoch: described("The receiver's epoch that the numbers belong to.", epoch),
      received: described('All up to here is in the index.', count),
      held: described('All up to here is on the disk, or named as skipped.', count),
      skipped: described('Paths that are named as skipped.', count),
      announced: described("The sender's own sequence up to which it has nothing left to announce.", count),
    }),
  ),
  PING: described(
    'Are you there? Sent every ten seconds; the first five, if they are answered, follow one another within a second.',
    object({ id: count }),
  ),
  PONG: described('The answer to the PING of this number.', object({ id: count })),
  ERROR: described(
    'Something was refused. With `fatal` the sender ends the session.',
    object(
      {
        code: described('One of docs/errors.md, or a newer one.', { type: 'string', pattern: '^E_[A-Z0-9_]{1,60}$' }),
        message: described('For people.', text(0, MAX_ERROR_LENGTH)),
        folder: described('The folder it is about.', folder),
        refused: described(
          'With E_ROLE: announcements of the receiver that are not taken. `held`: the sender holds something else there.',
          list(object({ seq: described("The receiver's sequence.", integer(1)), held: flag }), 1, MAX_REFUSED),
        ),
        fatal: flag,
      },
      ['folder', 'refused'],
    ),
  ),
};
