// Homes of daemons, recognised by what each has from its first start on: whoever shared one as a folder would share its key.
import type { Directory } from '../ports/file-system.ts';
import { errnoOf } from '../ports/file-system.ts';

/** Named by --home, its state is in here; else the state directory stands alone. */
const STATE = 'state';
const LOCK = 'lock.db';
/** The key may come from outside; the certificate is always there. */
const OF_THE_DEVICE = ['device.key', 'device.crt'];
/** How many of a directory's children are looked at: a home among more is not obvious, and a look must stay cheap. */
const MAX_CHILDREN = 1_000;

export const identityOf = (dir: Directory): string => {
  const { dev, ino } = dir.lstat();
  return `${dev}:${ino}`;
};

/** Identity of the state directory, where this is one or a home that holds one. */
export function stateIn(dir: Directory): string | undefined {
  return isState(dir)
    ? identityOf(dir)
    : inChild(dir, STATE, (state) => (isState(state) ? identityOf(state) : undefined));
}

/** The same of its children. */
export function statesBelow(dir: Directory): string[] {
  const children = dir.list().slice(0, MAX_CHILDREN);
  return children.flatMap(({ name, wellFormed }) => (wellFormed && inChild(dir, name, stateIn)) || []);
}

function isState(dir: Directory): boolean {
  return isFile(dir, LOCK) && OF_THE_DEVICE.some((name) => isFile(dir, name));
}

function isFile(dir: Directory, name: string): boolean {
  return whereReadable(() => dir.lstat(name).kind === 'file') ?? false;
}

function inChild<T>(dir: Directory, name: string, look: (child: Directory) => T | undefined): T | undefined {
  return whereReadable(() => {
    const child = dir.openDir(name);
    try {
      return look(child);
    } finally {
      child.close();
    }
  });
}

/** What cannot be looked at cannot be shared either. */
function whereReadable<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
