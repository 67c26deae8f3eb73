// What a join would do, in sentences for somebody who is worried about their files.
import type { JoinComparison, JoinPreview } from '../../protocol/control.ts';
import type { LocalTree } from '../local-tree.ts';
import { grouped, humanSize } from './cell.ts';

type PreviewFolder = JoinPreview['folders'][number];

/** `local`: what was counted here, for a folder that could not be compared. */
export function folderLine(folder: PreviewFolder, local?: LocalTree): string {
  const role = folder.role === 'two-way' ? '' : ` (${folder.role})`;
  const what = folder.comparison === null ? countsAlone(folder, local) : outcome(folder.comparison, folder.role);
  return `Folder ${folder.name}${role} → ${folder.path}: ${what}.`;
}

/** What becomes of the files that differ, and the question. */
export function question(folders: readonly PreviewFolder[]): string {
  const differ = folders.reduce((sum, { comparison }) => sum + (comparison?.differ ?? 0), 0);
  if (folders.some(({ comparison }) => comparison === null)) return 'Files that differ are kept as conflicts. Go on?';
  if (differ === 0) return 'Go on?';
  if (differ === 1) return 'The differing file is kept as a conflict. Go on?';
  return `The ${grouped(differ)} differing files are kept as conflicts. Go on?`;
}

function outcome(
  { receive, receive_bytes, send, differ, same, filtered }: JoinComparison,
  role: PreviewFolder['role'],
): string {
  if (receive + send + differ === 0)
    return same === 0 ? 'empty on both sides' : `${files(same)}, the same on both sides`;
  const parts = [
    receive > 0
      ? `${filtered ? 'at most ' : ''}${files(receive)}, ${humanSize(receive_bytes)} to receive`
      : 'nothing to receive',
    ...(send > 0 ? [`${grouped(send)} local ${send === 1 ? 'file' : 'files'} ${whatOfLocal(role)}`] : []),
    ...(differ > 0 ? [`${grouped(differ)} ${differ === 1 ? 'differs' : 'differ'}`] : []),
  ];
  return parts.join(', ');
}

/** Who may not create keeps what only it has, and nobody is sent it. */
function whatOfLocal(role: PreviewFolder['role']): string {
  return role === 'two-way' ? 'to send' : 'that would not be synced';
}

function countsAlone({ files: there, bytes }: PreviewFolder, local: LocalTree | undefined): string {
  const about = `about ${files(there)}, ${humanSize(bytes)} there`;
  const here = local === undefined ? '' : `, ${localCount(local)}`;
  return `${about}${here}; not compared`;
}

function localCount(local: LocalTree): string {
  switch (local.kind) {
    case 'absent':
      return 'nothing here';
    case 'unreadable':
      return 'and what is here cannot be read';
    case 'counted':
      return `${local.more ? 'more than' : 'about'} ${files(local.files)}, ${humanSize(local.bytes)} here`;
  }
}

function files(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'file' : 'files'}`;
}
