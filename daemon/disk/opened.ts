// Directories without write permission for their owner, which get it for one step. What their mode was is written down in
// staging before: a kill in that step must not leave them open, and the next start would take it for somebody's chmod.
import { type RelativePath, parentOf, parseRelativePath } from '../core/path.ts';
import { type Directory, errnoOf } from '../ports/file-system.ts';
import { codeOf, isElsewhere } from './errno.ts';
import { discard, stagedName } from './stage.ts';
import type { Tree } from './tree.ts';
import type { Outcome } from './outcome.ts';

/** How the names of these notes end. */
export const OPENED = 'opened';
const WRITABLE = 0o300;
const READABLE = 0o400;
/** A mode of three octal digits, a space and the longest path. */
const MAX_NOTE_BYTES = 4 + 4096;

/**
 * A directory without write permission for its owner gets it for one step, and has its mode back afterwards, unless somebody
 * has given it another one meanwhile. One that may not be read cannot be written into by that, and is left alone.
 */
export function withWritableParent(tree: Tree, staging: Directory, path: RelativePath, act: () => Outcome): Outcome {
  try {
    return act();
  } catch (error) {
    const parent = parentOf(path);
    if (errnoOf(error) !== 'EACCES' || parent === '') throw error;
    const above = tree.beside().place(parent);
    const mode = above.dir.lstat(above.name).mode & 0o777;
    if ((mode & WRITABLE) === WRITABLE || (mode & READABLE) === 0) throw error;
    const note = `${stagedName(parent, 'none')}.${OPENED}`;
    write(staging, note, `${mode.toString(8).padStart(3, '0')} ${parent}`);
    above.dir.setAttributes(above.name, { mode: mode | WRITABLE });
    try {
      return act();
    } finally {
      close(tree, parent, mode);
      discard(staging, note);
    }
  }
}

/** What such a note says is put right, and the note is gone. Where that cannot be, it stays for the next start. */
export function closeOpened(tree: Tree, staging: Directory, note: string): void {
  const { mode, path } = read(staging, note);
  try {
    if (path !== undefined) close(tree, path, mode);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    if (!isElsewhere(error)) return;
  }
  discard(staging, note);
}

function close(tree: Tree, path: RelativePath, mode: number): void {
  const { dir, name } = tree.beside().place(path);
  const now = dir.lstat(name);
  const isOurs = now.kind === 'dir' && (now.mode & 0o777) === (mode | WRITABLE);
  if (isOurs) dir.setAttributes(name, { mode });
}

function write(staging: Directory, note: string, text: string): void {
  discard(staging, note);
  const file = staging.openFile(note, 'create');
  try {
    file.write(new TextEncoder().encode(text), 0);
  } finally {
    file.close();
  }
}

/** One that was not written whole says nothing: its directory was not opened yet. */
function read(staging: Directory, note: string): { readonly mode: number; readonly path: RelativePath | undefined } {
  const bytes = new Uint8Array(MAX_NOTE_BYTES);
  const file = staging.openFile(note, 'read');
  try {
    const text = new TextDecoder().decode(bytes.subarray(0, file.read(bytes, 0)));
    const parsed = parseRelativePath(text.slice(4));
    return { mode: Number.parseInt(text.slice(0, 3), 8), path: parsed.ok ? parsed.path : undefined };
  } finally {
    file.close();
  }
}
