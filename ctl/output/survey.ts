// What lies in a directory that is to be a folder, in sentences.
import type { FolderSurvey } from '../../protocol/survey.ts';
import { counted, grouped, humanSize } from './cell.ts';

/** Paths of one kind that a person is shown. */
const SHOWN = 5;

/** How much would be synced, then what would not, and why. */
export function surveyLines(survey: FolderSurvey): string[] {
  const { path, exists, files, bytes, directories, ignored, skipped, mounts, more } = survey;
  const holds = `${counted(files, 'file')}, ${humanSize(bytes)}, in ${counted(directories, 'directory', 'directories')}`;
  return [
    exists ? `${path}: ${more ? 'more than ' : ''}${holds} would be synced.` : `${path}: would be made.`,
    ...(ignored.count > 0 ? [`  ignored: ${listed(ignored.count, ignored.paths)}`] : []),
    ...(skipped.count > 0
      ? [
          `  cannot be synced: ${listed(
            skipped.count,
            skipped.paths.map((one) => `${one.path} (${one.code})`),
          )}`,
        ]
      : []),
    ...(mounts.count > 0
      ? [`  other file systems, sent and never written to: ${listed(mounts.count, mounts.paths)}`]
      : []),
    ...accessLines(survey),
  ];
}

/** What the daemon may not do there, and what to do; nothing where all is well. */
export function accessLines({ path: root, no_access: { count, paths } }: FolderSurvey): string[] {
  if (count === 0) return [];
  const shown = paths.map(({ path, cannot }) => `${path === '' ? root : path} (${cannot})`);
  return [
    `  the daemon cannot: ${listed(count, shown)}`,
    '  Let its user read files, and read and write directories: chmod, chown or setfacl. Until then they are skipped.',
  ];
}

function listed(count: number, paths: readonly string[]): string {
  const shown = paths.slice(0, SHOWN);
  return `${shown.join(', ')}${count > shown.length ? `, and ${grouped(count - shown.length)} more` : ''}`;
}
