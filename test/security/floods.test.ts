// A paired peer that says too much, or takes nothing: it costs bounded memory, the others are served as before, and the
// log stays readable.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeBase32 } from '../../daemon/core/base32.ts';
import { encodeTrain } from '../../protocol/frame.ts';
import type { Frame, Message } from '../../protocol/messages.ts';
import { noise } from '../system/trees.ts';
import { waitFor } from '../system/wait-for.ts';
import { battleground, rounds } from './ground.ts';
import { type LogLine, logLines } from './log-lines.ts';
import { residentMiB, residentPeakDuring } from './memory.ts';
import { type MaliciousPeer, type Wire, lastSeq, nextSeq, rawFrame, sha256 } from './malicious-peer.ts';

/**
 * What one peer may cost, as the kernel counts it: 16 MiB that are held, and what the collector of garbage has not come
 * to yet. What is poured in is several times as much.
 */
const MEMORY_MIB = 160;
const LARGE = 'large.bin';
const LARGE_CONTENT = noise(24 << 20, 7);

interface Flood {
  readonly why: string;
  readonly run: (wire: Wire, peer: MaliciousPeer) => Promise<void>;
  /** The code in the log with which the session ends, where it must; `cut`: the WebSocket alone is at fault. */
  readonly ends?: 'E_PROTOCOL' | 'E_PEER_SLOW' | 'cut';
}

/** Sends what is made, many in a message, as fast as it is taken. */
async function pour(wire: Wire, times: number, make: (n: number) => Frame): Promise<void> {
  for (let n = 0; n < times && !wire.isOver;) {
    const train: Frame[] = [];
    for (let bytes = 0; n < times && train.length < 500 && bytes < 512 << 10; n++) {
      const frame = make(n);
      bytes += 512 + (frame.payload?.byteLength ?? 0);
      train.push(frame);
    }
    wire.raw(encodeTrain(train));
    await wire.flushed();
  }
}

const bare = (message: Message): Frame => ({ message, payload: undefined });
const none = { received: 0, held: 0, skipped: 0, announced: 0 };
const ackOf = ({ epoch }: MaliciousPeer): Message => ({ type: 'ACK', folder: 'docs', epoch, ...none });
const letters = (n: number): string => encodeBase32(Buffer.from(String(n).padStart(10, '0')));
const manyMakers = Array.from({ length: 256 }, (_, i) => [letters(i), 1] as const).toSorted(([a], [b]) =>
  a < b ? -1 : 1,
);
const asks = { type: 'CHUNK_REQUEST', folder: 'docs', path: LARGE, sha256: sha256(LARGE_CONTENT) } as const;
const asksAll = (request: number): Frame =>
  bare({ ...asks, request, want: 'bytes', ranges: Array.from({ length: 6 }, (_, i) => [i << 22, 4 << 20] as const) });

const FLOODS: readonly Flood[] = [
  { why: 'PING', run: (wire) => pour(wire, rounds(40_000), (id) => bare({ type: 'PING', id })) },
  { why: 'PONG that nobody asked for', run: (wire) => pour(wire, rounds(40_000), (id) => bare({ type: 'PONG', id })) },
  {
    why: 'types that nobody knows',
    run: async (wire) => {
      const many = Buffer.concat(Array.from({ length: 500 }, (_, n) => rawFrame(`{"type":"NEWER_${n}"}`)));
      for (let n = 0; n < rounds(40); n++) {
        wire.raw(many);
        await wire.flushed();
      }
    },
  },
  {
    why: 'errors of codes that nobody knows',
    run: (wire) =>
      pour(wire, rounds(20_000), (n) =>
        bare({ type: 'ERROR', code: `E_${n}`, message: '\u001b[2J\nfake line', folder: `f${n}`, fatal: false }),
      ),
  },
  {
    why: 'folders that are not shared',
    run: (wire, peer) => pour(wire, 2_000, (n) => bare(peer.index(`folder${n}`))),
    ends: 'E_PROTOCOL',
  },
  {
    why: 'INDEX and ACK in turn',
    run: (wire, peer) =>
      pour(wire, rounds(10_000), (n) => bare(n % 2 === 0 ? peer.index('docs', { seq: n }) : ackOf(peer))),
  },
  {
    why: 'INDEX of another epoch each time',
    run: (wire, peer) =>
      pour(wire, rounds(1_000), (n) => bare(n % 2 === 0 ? peer.index('docs', { epoch: letters(n) }) : ackOf(peer))),
  },
  {
    why: 'INDEX that wants to begin anew each time',
    run: (wire, peer) => pour(wire, rounds(1_000), () => bare(peer.index('docs', { reply: true }))),
  },
  {
    why: 'records with hundreds of makers',
    run: (wire, peer) =>
      pour(wire, rounds(6_000), (n) => {
        const record = peer.version(`fat/${n % 100}`, { vector: manyMakers });
        return bare({ type: 'FILE_DELETE', folder: 'docs', seq: nextSeq(), record });
      }),
  },
  {
    why: 'chunks that nobody asked for',
    run: (wire) => {
      const payload = Buffer.alloc(64 << 10);
      const said = { type: 'CHUNK', folder: 'docs', what: 'bytes', offset: 0, payload: payload.length } as const;
      return pour(wire, rounds(1_000), (request) => ({ message: { ...said, request: request % 50 }, payload }));
    },
  },
  {
    why: 'wants of a manifest',
    run: (wire) => pour(wire, rounds(5_000), (request) => bare({ ...asks, request, want: 'manifest' })),
  },
  {
    why: 'wants of one byte',
    run: (wire) =>
      pour(wire, rounds(10_000), (request) => bare({ ...asks, request, want: 'bytes', ranges: [[request, 1]] })),
  },
  {
    why: 'wants beyond the end',
    run: (wire) =>
      pour(wire, rounds(10_000), (n) => bare({ ...asks, request: n, want: 'bytes', ranges: [[MAX_OFFSET - n, 4096]] })),
  },
  {
    why: 'T42, S30: wants of all, of which nothing is read, and PING',
    run: async (wire) => {
      wire.socket.pause();
      await pour(wire, 200, asksAll);
      await pour(wire, 1_000_000, (id) => bare({ type: 'PING', id }));
    },
    ends: 'E_PEER_SLOW',
  },
  {
    why: 'pings of the WebSocket',
    run: async (wire) => {
      for (let n = 0; n < rounds(40_000); n++) {
        wire.websocket.ping();
        if (n % 1_000 === 0) await wire.flushed();
      }
    },
  },
  {
    why: 'fragments of one byte',
    run: async (wire) => {
      for (let n = 0; n < 10_000 && !wire.isOver; n++) {
        wire.websocket.send(Buffer.of(0), { fin: false });
        if (n % 100 === 0) await wire.flushed();
      }
    },
    ends: 'cut',
  },
  {
    why: 'bytes that are no WebSocket, after its end',
    run: async (wire) => {
      wire.websocket.close();
      wire.socket.write(Buffer.alloc(1 << 20, 0xff));
      await wire.ended;
    },
    ends: 'cut',
  },
];
const MAX_OFFSET = Number.MAX_SAFE_INTEGER - 8192;

test('a paired peer says too much', async (t) => {
  const ground = await battleground(t);
  const { hub, left, mallory, standsFirm } = ground;
  writeFileSync(join(left, LARGE), LARGE_CONTENT);
  const warm = await mallory.openFolder('docs');
  await pour(warm, 1_000, (n) => mallory.update('docs', `warm-${n}.txt`, `${n}`));
  await waitFor('all is taken in', () => warm.messages('ACK').some(({ held }) => held > 0 && held === lastSeq()));
  warm.cut();
  await waitFor('the large file is known', async () => (await hub.folder('docs')).bytes >= LARGE_CONTENT.length);

  for (const { why, run, ends } of FLOODS)
    await t.test(`I10: a flood of ${why} costs bounded memory`, async (each) => {
      const before = residentMiB(hub.pid);
      const wire = await mallory.openFolder('docs');
      const linesBefore = logLines(hub).length;
      const { peakMiB } = await residentPeakDuring(hub.pid, async () => {
        await run(wire, mallory);
        if (ends === undefined) await wire.answers();
      });
      each.diagnostic(`${before.toFixed(0)} MiB before, ${peakMiB.toFixed(0)} MiB at most`);
      assert.ok(peakMiB - before < MEMORY_MIB, `${before.toFixed(1)} MiB before, ${peakMiB.toFixed(1)} MiB at most`);
      const told = (): LogLine[] => logLines(hub).slice(linesBefore);
      if (ends !== undefined) {
        wire.socket.resume();
        await wire.ended;
        if (ends !== 'cut')
          await waitFor(`it ends with ${ends}`, () =>
            told().some(({ msg, code }) => msg === 'disconnected' && code === ends),
          );
      }
      wire.cut();
      assert.ok(told().length < 60, `${told().length} lines of log`);
    });

  await t.test(
    'I10: who claims to have what was never announced makes us begin anew once, and then is refused',
    async () => {
      const wire = await mallory.openFolder('docs');
      const claim = (epoch: string): Message =>
        mallory.index('docs', { have: { epoch, seq: Number.MAX_SAFE_INTEGER } });
      const { epoch } = await wire.heard('INDEX');
      wire.send(claim(epoch));
      const { epoch: next } = await wire.heard('INDEX', (said) => said.epoch !== epoch);
      wire.send(claim(next));
      assert.equal((await wire.ended).code, 'E_PROTOCOL');
    },
  );

  await t.test('I10: who connects and breaks the protocol again and again fills no log', async () => {
    const linesBefore = logLines(hub).length;
    const beganMs = performance.now();
    const times = rounds(100);
    for (let n = 0; n < times; n++) {
      const wire = await mallory.open();
      wire.json('{}');
      await wire.ended;
    }
    const seconds = (performance.now() - beganMs) / 1000;
    const lines = logLines(hub).slice(linesBefore);
    for (const [cause, { length }] of Map.groupBy(lines, ({ msg }) => msg))
      assert.ok(length <= 10 + seconds + 1, `${length} lines «${cause}» for ${times} sessions in ${seconds} s`);
    assert.ok(lines.some(({ left_out }) => typeof left_out === 'number') || times < 40);
  });

  await t.test('I8, I15: the honest peer was served all the time', () => standsFirm('all floods'));
});
