// Carries out a plan of which some contents have just come: each is written and verified as staging.ts does it, and takes
// its place at once.
import type { Operation } from '../core/plan.ts';
import { type Directory, errnoOf } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { type ApplyInput, carryOut } from './apply.ts';
import { codeOf } from './errno.ts';
import type { Outcome } from './outcome.ts';
import { partOf } from './part-file.ts';
import { type Source, discard, fill, namesFor, stageOne } from './stage.ts';
import { STAGING, type Tree, withTree } from './tree.ts';
import { moveWithoutReplacing } from './versions.ts';

type Place = Extract<Operation, { kind: 'place' }>;
type Arrived = Extract<Source, { kind: 'bytes' }>;

export interface ApplyContentsInput extends ApplyInput {
  /** Of each operation: what is not in staging yet. */
  readonly contents: readonly (Arrived | undefined)[];
  /** In which they lie. */
  readonly memory: Uint8Array;
}

/** As apply. What came and did not take its place lies in staging afterwards, whole. */
export const applyContents: Job<ApplyContentsInput, Outcome[]> = {
  name: 'applyContents',
  run(fs, { tree: ref, operations, contents }) {
    return withTree(fs, ref, (tree) => {
      const staging = tree.own(STAGING);
      try {
        const there = namesFor(staging, contents.length);
        return operations.map((operation, i) => {
          const source = contents[i];
          return source === undefined || operation.kind !== 'place'
            ? carryOut(tree, staging, operation)
            : arrive(tree, staging, operation, source, there);
        });
      } finally {
        staging.close();
      }
    });
  },
};

function arrive(
  tree: Tree,
  staging: Directory,
  operation: Place,
  source: Arrived,
  there: ReadonlySet<string> | undefined,
): Outcome {
  const { staged, entry, expect } = operation;
  // Only where nothing is replaced: what an exchange takes out must not lie under the name of a part.
  const isNew = expect === 'absent' && there !== undefined && !there.has(staged) && !there.has(partOf(staged));
  const placed = isNew ? placeNew(tree, staging, operation, source) : undefined;
  if (placed !== undefined) return placed;
  const made = stageOne(tree, staging, { staged, entry, source }, isNew ? undefined : there);
  if (made.kind === 'ready') return carryOut(tree, staging, operation);
  return made.kind === 'wrong' ? { kind: 'not staged' } : { kind: 'not staged', code: made.code };
}

/**
 * A new file goes from its part to its place: a name of its own in staging says that it is whole, which nobody has to be
 * told here. Undefined where the part's name has been taken since the listing.
 */
function placeNew(tree: Tree, staging: Directory, operation: Place, source: Arrived): Outcome | undefined {
  const { staged, entry } = operation;
  const part = partOf(staged);
  try {
    if (!fill(tree, staging, part, entry, source)) return { kind: 'not staged' };
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    const code = codeOf(error);
    if (code === undefined) throw error;
    ifPossible(() => discard(staging, part));
    return { kind: 'not staged', code };
  }
  const outcome = carryOut(tree, staging, { ...operation, staged: part });
  if (outcome.kind !== 'done') ifPossible(() => moveWithoutReplacing(staging, part, staging, staged));
  return outcome;
}

/** Where the disk refuses this too, the first refusal is the one to tell. */
function ifPossible(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (codeOf(error) === undefined && errnoOf(error) === undefined) throw error;
  }
}
