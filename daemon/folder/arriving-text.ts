// `content: text` at the receiving end: whether a content that has come is text is seen when it lies in staging.
import type { Candidate } from './written.ts';
import { lookIntoStaged } from '../disk/look-into.ts';
import type { FolderContext } from './context.ts';

/** Those of the candidates whose content has come, and is no text. */
export async function notText<C extends Pick<Candidate, 'ready'>>(
  context: FolderContext,
  candidates: readonly C[],
): Promise<C[]> {
  const filter = context.filter();
  const files = candidates.flatMap((candidate) => {
    const { record, staged, moveFrom } = candidate.ready;
    const { path, entry } = record;
    const isCome = entry.kind === 'file' && moveFrom === undefined && filter.mustLookInto(path);
    return isCome ? [{ candidate, item: { staged, size: entry.size } }] : [];
  });
  if (files.length === 0) return [];
  const items = files.map(({ item }) => item);
  const isText = await context.workers.run(lookIntoStaged, { tree: context.tree(), items });
  return files.filter((_, i) => isText[i] === false).map(({ candidate }) => candidate);
}
