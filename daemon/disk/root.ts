// A folder's root: made once, with its marker; afterwards it is only looked at.
import { OWN_DIR } from '../core/path.ts';
import type { Directory, FileSystem } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { MARKER, STAGING, VERSIONS, openOrMake, readMarker } from './tree.ts';

export interface PrepareRoot {
  readonly root: string;
  /** Written if there is no marker. Undefined: a marker must be there already. */
  readonly marker: string | undefined;
}

export interface PreparedRoot {
  /** What the marker says; undefined: there is none, and none was to be made. */
  readonly marker: string | undefined;
  /** Identity of the root, to find two folders on one directory. */
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Makes the root, `.syncd/` and the marker where they are missing and may be made. */
export const prepareRoot: Job<PrepareRoot, PreparedRoot> = {
  name: 'prepareRoot',
  run(fs, { root, marker }) {
    if (marker !== undefined) fs.makeRoot(root, 0o755);
    const dir = fs.openRoot(root);
    try {
      const { dev, ino } = dir.lstat();
      let found = readMarker(dir);
      if (found === undefined && marker !== undefined) {
        writeMarker(dir, marker);
        found = marker;
        makeOwnDirectories(dir);
        // The index will know this marker: after a power loss it must not be missed.
        fs.sync(dir);
      } else if (found !== undefined) makeOwnDirectories(dir);
      return { marker: found, dev, ino };
    } finally {
      dir.close();
    }
  },
};

function makeOwnDirectories(root: Directory): void {
  const own = root.openDir(OWN_DIR);
  try {
    for (const name of [STAGING, VERSIONS]) openOrMake(own, name, 0o700).close();
  } finally {
    own.close();
  }
}

/** The marker has its name only when it is whole: a marker of no bytes would be another folder's. */
function writeMarker(root: Directory, marker: string): void {
  const own = openOrMake(root, OWN_DIR, 0o700);
  try {
    const unfinished = `${MARKER}.new`;
    const left = own.list().some(({ name }) => name === unfinished);
    if (left) own.remove(unfinished, 'file');
    const file = own.openFile(unfinished, 'create');
    try {
      file.write(new TextEncoder().encode(`${marker}\n`), 0);
    } finally {
      file.close();
    }
    own.rename(unfinished, own, MARKER, 'replace');
  } finally {
    own.close();
  }
}

/** The least that must be free: what would fill the disk beyond it is not received. */
const RESERVE_SHARE = 0.05;

/** Bytes that may still be written to the folder's file system. */
export const usableSpace: Job<{ root: string }, number> = {
  name: 'usableSpace',
  run(fs: FileSystem, { root }) {
    const dir = fs.openRoot(root);
    try {
      const { freeBytes, totalBytes } = fs.space(dir);
      return Math.max(0, freeBytes - Math.min(totalBytes * RESERVE_SHARE, 1 << 30));
    } finally {
      dir.close();
    }
  },
};

/** syncfs(2) on the folder's file system. */
export const syncTree: Job<{ root: string }, null> = {
  name: 'syncTree',
  run(fs, { root }) {
    const dir = fs.openRoot(root);
    try {
      fs.sync(dir);
      return null;
    } finally {
      dir.close();
    }
  },
};

/** `dev:ino` of a root and of every directory above it, nearest first: two roots that share one are nested, however they are named. */
export const rootChain: Job<{ root: string }, string[]> = {
  name: 'rootChain',
  run(fs, { root }) {
    const chain: string[] = [];
    for (let path = root; ; path = path.slice(0, path.lastIndexOf('/')) || '/') {
      const dir = fs.openRoot(path);
      try {
        const { dev, ino } = dir.lstat();
        chain.push(`${dev}:${ino}`);
      } finally {
        dir.close();
      }
      if (path === '/') return chain;
    }
  },
};
