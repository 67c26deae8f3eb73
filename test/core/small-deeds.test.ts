// All short histories on the deciding part alone: everything that two users may do to one small tree in up to two deeds each,
// with each order of their clocks, moves over one another and into one another included. What must come of each is said from
// the trees alone (model/expected.ts). ROUNDS=20 tries twenty times as many orders of announcements.
import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { path } from './build.ts';
import { BASE_MS, type ModelCase, tellCase } from './model/case.ts';
import { ModelRun } from './model/run.ts';
import { type Act, fileEntry } from './model/user.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
const DEEDS = Number(process.env['DEEDS'] ?? 2);
const A = path('a');
const B = path('b');
const D = path('d');
const D_A = path('d/a');
const D_B = path('d/b');
const E = path('e');

const BASE: ModelCase['base'] = [
  [A, fileEntry(0, BASE_MS - 1)],
  [B, fileEntry(1, BASE_MS - 2)],
  [D, { kind: 'dir', mode: 0o711 }],
  [D_A, fileEntry(2, BASE_MS - 3)],
];

/** `content` is unlike any other. */
const ALPHABET: readonly ((content: number) => Act)[] = [
  (content) => ({ kind: 'write', path: A, content }),
  () => ({ kind: 'remove', path: A }),
  () => ({ kind: 'rename', path: A, to: B }),
  () => ({ kind: 'rename', path: A, to: D_A }),
  () => ({ kind: 'rename', path: D_A, to: A }),
  () => ({ kind: 'swap', path: A, to: B }),
  () => ({ kind: 'chmod', path: A, mode: 0o600 }),
  (content) => ({ kind: 'link', path: A, content }),
  () => ({ kind: 'mkdir', path: A }),
  (content) => ({ kind: 'write', path: D_B, content }),
  () => ({ kind: 'remove', path: D }),
  () => ({ kind: 'rename', path: D, to: E }),
  (content) => ({ kind: 'write', path: E, content }),
  () => ({ kind: 'mkdir', path: E }),
];

type Way = readonly ((content: number) => Act)[];

/** All ways of doing so many things. */
function waysOf(deeds: number): Way[] {
  if (deeds === 0) return [[]];
  return waysOf(deeds - 1).flatMap((way) => ALPHABET.map((one) => [...way, one]));
}

test('I1, I2, I3, I13: all that two users may do to one tree, in up to two deeds each', (t) => {
  const ways = [...waysOf(0), ...waysOf(1), ...waysOf(2)];
  const longer = Array.from({ length: DEEDS + 1 }, (_, deeds) => waysOf(deeds)).flat();
  let count = 0;
  for (const mine of longer)
    for (const theirs of ways)
      for (const clocks of [
        [2000, 2001],
        [2000, 2000],
        [2001, 2000],
      ])
        for (let round = 0; round < ROUNDS; round++) {
          const deeds = [mine, theirs].flatMap((way, device) =>
            way.map((make, i) => ({ device, act: make(10 + device * 10 + i), late: false })),
          );
          const sees = (device: number): boolean =>
            deeds.some(({ device: by, act }) => by === device && act.kind === 'chmod');
          const scanLate = [0, 1].filter((device) => (count + device) % 3 === 0 && !sees(device));
          const what: ModelCase = {
            devices: 2,
            links: [[0, 1]],
            base: BASE,
            baseBy: count % 2,
            buried: [],
            clocks,
            deeds,
            scanLate,
            overtakes: count % 5 === 0,
          };
          const problem = new ModelRun(what, count).run();
          if (problem !== undefined) {
            const lines: string[] = [];
            new ModelRun(what, count, (line) => lines.push(line)).run();
            assert.fail(`${problem}\n${tellCase(what)}\n${lines.join('\n')}`);
          }
          count++;
        }
  t.diagnostic(`${longer.length} × ${ways.length} ways, ${count} cases`);
});
