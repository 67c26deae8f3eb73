// Planted bugs of the flow: what is announced, received, waited for, and found again after a stop.
import type { Mutation } from './mutation.ts';

const TALK = 'daemon/folder/talk.ts';
const CARRY_OUT = 'daemon/folder/carry-out.ts';
const ANNOUNCE = 'daemon/folder/announce.ts';
const HINTS = 'daemon/folder/hints.ts';
const LITTER = 'daemon/folder/litter.ts';
const RECOVERY = 'daemon/folder/recovery.ts';
/** With what is planted: much of what is not looked at would be found by the sweep. */
const NO_SWEEP = {
  file: 'daemon/folder/sweep.ts',
  find: 'of this.#ctimes) {',
  replace: 'of [...this.#ctimes].slice(0, 0)) {',
};

export const FOLDER: readonly Mutation[] = [
  {
    name: 'young-trusted',
    breaks: 'what has come and gone while the watcher gathered changes, and was seen in between, stays in the index',
    invariant: 'I2',
    within: 'gathered hints',
    edits: [
      { file: HINTS, find: 'this.#young.set(path, nowMs + YOUNG_MS);', replace: 'this.#young.delete(path);' },
      NO_SWEEP,
    ],
  },
  {
    name: 'hint-dropped',
    breaks: 'a hint that comes while a look is under way is forgotten',
    invariant: 'I6',
    within: 'two devices',
    edits: [
      {
        file: HINTS,
        find: 'this.#mark(hint.path);\n        break;',
        replace: 'if (this.#paths.size === 0) this.#mark(hint.path);\n        break;',
      },
      NO_SWEEP,
    ],
  },
  {
    name: 'no-rescan',
    breaks: 'nothing is ever scanned again: a lost hint hides a change for ever',
    invariant: 'I6',
    within: 'lost hints',
    edits: [
      {
        file: 'daemon/folder/rescan.ts',
        find: 'if (local.scanning || last === undefined) return;',
        replace: 'if (!local.scanning || last === undefined) return;',
      },
    ],
  },
  {
    name: 'no-scan-at-start',
    breaks: 'what happened while the daemon was down is not looked for',
    invariant: 'I6',
    within: 'two devices',
    edits: [
      {
        file: 'daemon/folder/watching.ts',
        find: "this.#hints.add({ kind: 'everything', why: 'start' });",
        replace: '',
      },
      {
        file: 'daemon/folder/rescan.ts',
        find: 'if (local.scanning || last === undefined) return;',
        replace: 'if (!local.scanning || last === undefined) return;',
      },
    ],
  },
  {
    name: 'goes-on-from-the-end',
    breaks: 'a peer that connects again is told only what is new since',
    invariant: 'I2',
    within: 'two devices',
    edits: [
      {
        file: TALK,
        find: 'state.restart(offer.have?.epoch === index.epoch ? offer.have.seq : NO_SEQUENCE);',
        replace: 'state.restart(offer.have?.epoch === index.epoch ? index.seq : NO_SEQUENCE);',
      },
    ],
  },
  {
    name: 'merged-not-told',
    breaks: 'a merged version is not told to who sent one half of it',
    invariant: 'I2',
    within: 'few paths in a ring',
    edits: [
      {
        file: CARRY_OUT,
        find: "if (seq === undefined || relate(record.vector, want.record.vector) !== 'equal') continue;",
        replace: 'if (seq === undefined) continue;',
      },
    ],
  },
  {
    name: 'litter-stays',
    breaks: 'what is not wanted any more stays in staging',
    invariant: 'I10',
    within: 'two devices',
    edits: [{ file: LITTER, find: 'if (unwanted.length > 0) await', replace: 'if (unwanted.length > 1000) await' }],
  },
  {
    name: 'no-recovery',
    breaks: 'what an interrupted run left in staging is not looked at',
    invariant: 'I12',
    within: 'crashes',
    edits: [
      {
        file: RECOVERY,
        find: 'if (names?.size !== 0) await this.#stagedContents(names);\n    await this.#lostVersions.find();',
        replace: '',
      },
    ],
  },
  {
    name: 'waits-for-nothing',
    breaks: '`wait` looks at the peers, and not at what is still to be looked at here',
    invariant: 'I11',
    within: 'waiting',
    edits: [
      {
        file: 'daemon/folder/waiting.ts',
        find: 'if (!localDone || isComing ||',
        replace: 'if ((!localDone && isComing) ||',
      },
    ],
  },
  {
    name: 'waits-for-no-peer',
    breaks: '`wait` says in sync before the peers have confirmed',
    invariant: 'I11',
    within: 'waiting',
    edits: [
      { file: 'daemon/folder/waiting.ts', find: 'state.acked.held < index.seq', replace: 'state.acked.held < 0' },
    ],
  },
  {
    name: 'changed-counts-as-done',
    breaks: 'what was not as expected, and was left alone, is written down as done',
    invariant: 'I2',
    within: 'meddling',
    edits: [
      {
        file: CARRY_OUT,
        find: '          this.#lookAgain(operation);\n          this.#tryAgain(candidate, written);',
        replace:
          "          fetcher.done(path);\n          written.done(candidate, operation, { kind: 'done', seen: candidate.row?.seen, filed: [] });",
      },
    ],
  },
  {
    name: 'not-verified-after-a-power-loss',
    breaks: 'after a power loss the disk is believed as it is',
    invariant: 'I5',
    within: 'power losses',
    edits: [
      { file: 'daemon/folder/power-loss.ts', find: 'if (wasCut || wasAway) {', replace: 'if (wasCut && wasAway) {' },
    ],
  },
  {
    name: 'durable-before-it-is',
    breaks: 'rows count as durable that are not on the disk yet',
    invariant: 'I5',
    within: 'power losses',
    edits: [
      {
        file: 'daemon/folder/upkeep.ts',
        find: 'if (await workers.run(syncTree, { root, beside })) index.markDurable(seq);',
        replace: 'if ((await Promise.resolve(workers)) === workers && root !== String(beside)) index.markDurable(seq);',
      },
    ],
  },
  {
    name: 'echo',
    breaks: 'what came from a peer is told to it again',
    invariant: 'I7',
    within: 'a connected pair',
    edits: [
      {
        file: ANNOUNCE,
        find: '!state.known.delete(row.seq) && ',
        replace: '',
      },
    ],
  },
];
