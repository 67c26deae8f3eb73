// The files of a configuration, each read, parsed and checked by itself. Later ones go over earlier ones.
import type { ConfigFiles } from '../ports/config-files.ts';
import { FileSystemError } from '../ports/file-system.ts';
import type { Locations } from './config.ts';
import { type Document, MAX_CONFIG_BYTES, parseDocument, pointer } from './document.ts';
import type { Problem } from './problem.ts';
import { checkDocument } from './check.ts';
import type { FileKind } from './schema.ts';
import type { RawDocument } from './written.ts';

export interface Source {
  readonly file: string;
  readonly kind: FileKind;
  /** Lies where commands write. */
  readonly writable: boolean;
  readonly value: RawDocument;
  readonly document: Document;
}

export interface Sources {
  /** `config.yaml`, then each directory in its order, by file name. */
  readonly list: readonly Source[];
  readonly problems: readonly Problem[];
}

/** Files in one directory: one for each folder of a session, no more. Beyond: refused. */
const MAX_FILES = 1024;

/** What loading needs of the disk: it writes nothing. */
export type ReadableFiles = Pick<ConfigFiles, 'read' | 'list'>;

export function readSources(files: ReadableFiles, locations: Locations): Sources {
  const list: Source[] = [];
  const problems: Problem[] = [];
  const take = (file: string, kind: FileKind, writable: boolean): void => {
    const read = readSource(files, file, kind, writable);
    if (Array.isArray(read)) problems.push(...read);
    else if (read !== undefined) list.push(read);
    else if (kind === 'config' && locations.configMustExist === true)
      problems.push({ code: 'E_CONFIG', file, line: undefined, key: '', text: 'there is no such file' });
  };
  const takeAll = (dirs: readonly string[], kind: FileKind): void => {
    for (const dir of dirs) {
      const names = yamlFiles(files, dir, problems);
      for (const name of names) take(`${dir}/${name}`, kind, dir === dirs.at(-1));
    }
  };
  take(locations.configFile, 'config', false);
  takeAll(locations.folderDirs, 'folders');
  takeAll(locations.peerDirs, 'peers');
  return { list, problems };
}

/** Where the deepest of these keys that is written anywhere stands: in the last file that has it. */
export function whereIs(
  sources: readonly Source[],
  ...keys: readonly string[]
): { readonly file: string; readonly line: number | undefined; readonly writable: boolean } | undefined {
  for (let depth = keys.length; depth > 0; depth--) {
    const at = pointer(...keys.slice(0, depth));
    for (const source of sources.toReversed()) {
      const line = source.document.lines.get(at);
      if (line !== undefined) return { file: source.file, line, writable: source.writable };
    }
  }
  return undefined;
}

function readSource(
  files: ReadableFiles,
  file: string,
  kind: FileKind,
  writable: boolean,
): Source | Problem[] | undefined {
  const broken = (text: string): Problem[] => [{ code: 'E_CONFIG', file, line: undefined, key: '', text }];
  let text: string | undefined;
  try {
    text = files.read(file, MAX_CONFIG_BYTES);
  } catch (error) {
    if (error instanceof FileSystemError) return broken(whyUnreadable(error.code));
    throw error;
  }
  if (text === undefined) return undefined;
  const parsed = parseDocument(file, text);
  if (!parsed.ok) return [parsed.problem];
  const checked = checkDocument(kind, file, parsed.document);
  if (!checked.ok) return [...checked.problems];
  return { file, kind, writable, value: checked.value, document: parsed.document };
}

function whyUnreadable(errno: string): string {
  switch (errno) {
    case 'EFBIG':
      return `larger than ${MAX_CONFIG_BYTES} bytes; expected a configuration`;
    case 'EILSEQ':
      return 'not UTF-8';
    case 'EINVAL':
    case 'EISDIR':
      return 'not a regular file';
    case 'EPERM':
      return 'others may change it; expected a file of root or of the user of the daemon, not writable for all';
    default:
      return `cannot be read (${errno})`;
  }
}

function yamlFiles(files: ReadableFiles, dir: string, problems: Problem[]): string[] {
  const refuse = (text: string): string[] => {
    problems.push({ code: 'E_CONFIG', file: dir, line: undefined, key: '', text });
    return [];
  };
  try {
    const names = files.list(dir).filter((name) => /\.ya?ml$/.test(name));
    return names.length > MAX_FILES ? refuse(`holds ${names.length} files; expected at most ${MAX_FILES}`) : names;
  } catch (error) {
    if (error instanceof FileSystemError) return refuse(`cannot be read (${error.code})`);
    throw error;
  }
}
