// What `conflict` of a folder means for two versions of one path of which neither has seen the other. The order of
// conflict.ts decides for everybody at once; a rule that wants another winner has its holder, who is the one that acts,
// make a new version of it over both. So all come to one tree also while the rule is on its way to some of them.
import { assertNever } from './assert.ts';
import { type FileRecord, type LiveEntry, isLive } from './record.ts';
import type { ConflictRule } from './settings.ts';

/** Whether ours, which loses against theirs by the order, wins by the rule. Both have a content, and not the same. */
export function winsByRule(rule: ConflictRule, ours: FileRecord, theirs: FileRecord): boolean {
  const [a, b] = [contentOf(ours), contentOf(theirs)];
  // What is a directory or is gone has rules of its own, which go before.
  if (a === undefined || b === undefined) return false;
  switch (rule) {
    case 'hub-wins':
      return ours.mark && !theirs.mark;
    case 'largest':
      return sizeOf(a) > sizeOf(b);
    case 'newest':
    // The loser comes beside the winner, or into it: both begin with the winner in its place.
    case 'keep-both':
    case 'merge':
      return false;
    default:
      return assertNever(rule);
  }
}

type Content = Extract<LiveEntry, { kind: 'file' | 'symlink' }>;

function contentOf(record: FileRecord): Content | undefined {
  if (!isLive(record)) return undefined;
  const { entry } = record;
  return entry.kind === 'dir' ? undefined : entry;
}

function sizeOf(content: Content): number {
  return content.kind === 'file' ? content.size : Buffer.byteLength(content.target);
}
