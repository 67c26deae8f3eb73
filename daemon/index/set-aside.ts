// Takes a damaged index out of the way without losing it: FILE becomes FILE.damaged-N, with its -wal and -shm.
import { type Directory, type FileSystem, errnoOf } from '../ports/file-system.ts';

function exists(dir: Directory, name: string): boolean {
  try {
    dir.lstat(name);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Answers with the new path of the file, which was free. */
export function setAside(fs: FileSystem, file: string): string {
  const slash = file.lastIndexOf('/');
  const dirPath = slash < 0 ? '.' : file.slice(0, slash) || '/';
  const name = file.slice(slash + 1);
  const dir = fs.openRoot(dirPath);
  try {
    let n = 1;
    while (exists(dir, `${name}.damaged-${n}`)) n++;
    const aside = `${name}.damaged-${n}`;
    // The database first: a write-ahead log that stays behind alone is dropped by SQLite, but it could be wrongly
    // joined to a database whose own log is already gone.
    for (const suffix of ['', '-wal', '-shm'])
      if (exists(dir, name + suffix)) dir.rename(name + suffix, dir, aside + suffix, 'replace');
    return `${dirPath}/${aside}`;
  } finally {
    dir.close();
  }
}
