// All small cases there are: every tree of one name and what is in it, as two devices may have left it, and every entry as
// three may have left it, with every order of their clocks, whoever made what was there before. What must come of each is
// said from the trees alone (model/expected.ts). ROUNDS=20 tries twenty times as many orders of announcements.
import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import type { LiveEntry } from '../../daemon/core/record.ts';
import { path } from './build.ts';
import { BASE_MS, type Deed, type ModelCase, tellCase } from './model/case.ts';
import { ModelRun } from './model/run.ts';
import { type Act, fileEntry } from './model/user.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
const [TOP, BELOW] = [path('d'), path('d/a')];

/** `own`: a content that no other device has; `twin`: one that each may have made by itself. */
type Leaf = 'nothing' | 'old file' | 'twin file' | 'own file' | 'old link' | 'own link' | 'directory' | 'other mode';
interface Shape {
  readonly top: Leaf;
  readonly below: Leaf;
}

const BEFORE: readonly Leaf[] = ['nothing', 'old file', 'old link', 'directory'];
const AFTER: readonly Leaf[] = [...BEFORE, 'twin file', 'own file', 'own link', 'other mode'];
const isDir = (leaf: Leaf): boolean => leaf === 'directory' || leaf === 'other mode';

function shapes(leaves: readonly Leaf[]): Shape[] {
  return leaves.flatMap((top): Shape[] =>
    isDir(top) ? leaves.map((below) => ({ top, below })) : [{ top, below: 'nothing' }],
  );
}

function entryOf(leaf: Leaf): LiveEntry | undefined {
  if (leaf === 'old file') return fileEntry(0, BASE_MS);
  if (leaf === 'old link') return { kind: 'symlink', target: 'nowhere 0' };
  return leaf === 'directory' ? { kind: 'dir', mode: 0o711 } : undefined;
}

/** What a user does to make the one into the other. */
function actsAt(at: typeof TOP, before: Leaf, after: Leaf, device: number): Act[] {
  if (before === after) return [];
  const staysDir = isDir(before) && isDir(after);
  const acts: Act[] = before === 'nothing' || staysDir ? [] : [{ kind: 'remove', path: at }];
  switch (after) {
    case 'nothing':
      return acts;
    case 'old file':
    case 'twin file':
    case 'own file':
      return [
        ...acts,
        { kind: 'write', path: at, content: { 'old file': 0, 'twin file': 1, 'own file': 2 + device }[after] },
      ];
    case 'old link':
    case 'own link':
      return [...acts, { kind: 'link', path: at, content: after === 'old link' ? 0 : 2 + device }];
    case 'directory':
    case 'other mode':
      if (!staysDir) acts.push({ kind: 'mkdir', path: at });
      return [...acts, { kind: 'chmod', path: at, mode: after === 'directory' ? 0o711 : 0o700 }];
  }
}

function deedsOf(before: Shape, after: Shape, device: number): Deed[] {
  const isGone = isDir(before.top) && !isDir(after.top);
  const acts = [
    ...actsAt(TOP, before.top, after.top, device),
    ...(isGone ? [] : actsAt(BELOW, before.below, after.below, device)),
  ];
  return acts.map((act) => ({ device, act, late: false }));
}

function baseOf({ top, below }: Shape): ModelCase['base'] {
  return (
    [
      [TOP, entryOf(top)],
      [BELOW, entryOf(below)],
    ] as const
  ).flatMap(([at, entry]) => (entry === undefined ? [] : [[at, entry] as const]));
}

function holds(what: ModelCase, schedule: number): void {
  const problem = new ModelRun(what, schedule).run();
  if (problem === undefined) return;
  const lines: string[] = [];
  new ModelRun(what, schedule, (line) => lines.push(line)).run();
  assert.fail(`${problem}\n${tellCase(what)}\n${lines.join('\n')}`);
}

/** All ways to choose one of `choices` for each of `places`. */
function* choicesOf<T>(choices: readonly T[], places: number): Generator<readonly T[]> {
  if (places === 0) yield [];
  else for (const rest of choicesOf(choices, places - 1)) for (const one of choices) yield [...rest, one];
}

interface Space {
  readonly before: readonly Shape[];
  readonly after: readonly Shape[];
  readonly clocks: readonly (readonly number[])[];
  readonly links: readonly ModelCase['links'][];
  readonly schedules: number;
}

function runAll({ before, after, clocks, links, schedules }: Space, devices: number): number {
  let count = 0;
  for (const was of before) {
    const base = baseOf(was);
    const deeds = after.map((is) => Array.from({ length: devices }, (_, device) => deedsOf(was, is, device)));
    for (const chosen of choicesOf(deeds, devices))
      for (const clock of clocks)
        for (const link of links)
          for (const baseBy of [undefined, ...Array.from({ length: devices }, (_, i) => i)])
            for (let schedule = 1; schedule <= schedules * ROUNDS; schedule++) {
              const all = chosen.flatMap((of, device) => of[device] ?? []);
              const buried = was.top === 'nothing' && schedule % 3 === 0 ? [TOP, BELOW] : [];
              const scanLate = devices > 2 || baseBy === undefined || schedule % 3 > 0 ? [] : [schedule % 2];
              const isSafe = !all.some(({ device, act }) => act.kind === 'chmod' && scanLate.includes(device));
              const what = { devices, links: link, base, baseBy, buried, clocks: clock, deeds: all };
              holds(
                { ...what, scanLate: isSafe ? scanLate : [], overtakes: schedule % 2 === 0 },
                count * 31 + schedule,
              );
              count++;
            }
  }
  return count;
}

test('I1, I2, I3, I13: all that two devices may have made of a name and what is in it', (t) => {
  const clocks = [
    [2000, 2001],
    [2000, 2000],
    [2001, 2000],
    [900, 900],
  ];
  const count = runAll({ before: shapes(BEFORE), after: shapes(AFTER), clocks, links: [[[0, 1]]], schedules: 3 }, 2);
  t.diagnostic(`${count} cases`);
});

test('I1, I2, I3, I13: all that three devices may have made of one path, in a line and in a ring', (t) => {
  const only = (leaves: readonly Leaf[]): Shape[] => leaves.map((top) => ({ top, below: 'nothing' }));
  const links: ModelCase['links'][] = [
    [
      [0, 1],
      [1, 2],
    ],
    [
      [0, 1],
      [1, 2],
      [2, 0],
    ],
  ];
  const clocks = [...choicesOf([2000, 2001, 2002], 3)].filter((of) => new Set(of).size !== 2 || of.includes(2000));
  const count = runAll({ before: only(BEFORE), after: only(AFTER), clocks, links, schedules: 1 }, 3);
  t.diagnostic(`${count} cases`);
});
