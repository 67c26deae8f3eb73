// Random messages that the schemas accept, with their payloads.
import fc from 'fast-check';
import type { Frame, Message, WireLive, WireVersion } from '../../protocol/messages.ts';
import { MAX_VECTOR_ENTRIES } from '../../protocol/limits.ts';

/** With the prototype that JSON.parse gives. */
const plain = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;

const digits = (alphabet: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length });
const base32 = (length: number) => digits('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', length);
const count = fc.maxSafeNat();
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const text = (maxLength: number) => fc.string({ unit: 'binary', minLength: 1, maxLength });
const device = base32(52);
const epoch = base32(16);
const sha256 = digits('0123456789abcdef', 64);
const folder = text(20);
const mode = fc.integer({ min: 0, max: 0o777 });
const stamp = fc.maxSafeInteger();

const version: fc.Arbitrary<WireVersion> = plain({
  path: text(60),
  vector: fc.array(fc.tuple(epoch, positive), { minLength: 1, maxLength: 3 }),
  origin: device,
  maker: epoch,
  stamp,
  mark: fc.boolean(),
});
const lost = fc.array(plain({ kind: fc.constantFrom('file', 'symlink'), sha256, size: count, origin: device, stamp }), {
  maxLength: 2,
});
const mtimeUs = fc.bigInt({ min: -(10n ** 24n - 1n), max: 10n ** 24n - 1n }).map(String);

const file = (size: fc.Arbitrary<number>): fc.Arbitrary<WireLive> =>
  fc
    .tuple(version, plain({ kind: fc.constant('file' as const), size, sha256, mode, mtimeUs, lost }))
    .map(([base, more]) => ({ ...base, ...more }));
const live: fc.Arbitrary<WireLive> = fc.oneof(
  file(count),
  fc.tuple(version, mode).map(([base, bits]): WireLive => ({ ...base, kind: 'dir', mode: bits })),
  fc.tuple(version, text(60)).map(([base, target]): WireLive => ({ ...base, kind: 'symlink', target })),
);

const bytes = fc.uint8Array({ maxLength: 2000 });
const bare = (message: fc.Arbitrary<Message>): fc.Arbitrary<Frame> =>
  message.map((one) => ({ message: one, payload: undefined }));

const inlined = fc.tuple(folder, positive, bytes).chain(([name, seq, payload]) =>
  file(fc.constant(payload.length)).map((record) => ({
    message: { type: 'FILE_UPDATE' as const, folder: name, seq, record, payload: payload.length },
    payload,
  })),
);
const chunk = fc.tuple(folder, count, count, bytes).map(([name, request, offset, payload]) => ({
  message: { type: 'CHUNK' as const, folder: name, request, what: 'bytes' as const, offset, payload: payload.length },
  payload,
}));

const joined = fc.tuple(text(20), device, count, bytes).map(([name, authority, amount, payload]) => ({
  message: {
    type: 'JOINED' as const,
    name,
    folders: [
      {
        name,
        role: 'two-way' as const,
        authority,
        conflict: 'newest',
        files: amount,
        bytes: amount,
        digest: payload.length,
      },
    ],
    payload: payload.length,
  },
  payload,
}));

/** Any frame that a peer may send, in an open session or as the answer to JOIN. */
export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  inlined,
  chunk,
  joined,
  bare(plain({ type: fc.constant('FILE_UPDATE'), folder, seq: positive, record: live })),
  bare(plain({ type: fc.constant('FILE_DELETE'), folder, seq: positive, record: version })),
  bare(
    plain({
      type: fc.constant('FILE_MOVE' as const),
      folder,
      fromSeq: fc.nat().map((n) => n + 1),
      seq: positive.map((n) => Math.max(n, 2 ** 32)),
      from: version,
      to: live,
    }).filter((move) => move.from.path !== move.to.path),
  ),
  bare(
    plain({
      type: fc.constant('CHUNK_REQUEST'),
      folder,
      request: count,
      path: text(60),
      sha256,
      want: fc.constant('bytes'),
      ranges: fc.array(fc.tuple(count, fc.integer({ min: 1, max: 4 << 20 })), { minLength: 1, maxLength: 5 }),
    }),
  ),
  bare(
    plain({
      type: fc.constant('ACK'),
      folder,
      epoch,
      received: count,
      held: count,
      skipped: fc.nat(MAX_VECTOR_ENTRIES),
      announced: fc.nat(),
    }),
  ),
  bare(plain({ type: fc.constant('PING'), id: count })),
);
