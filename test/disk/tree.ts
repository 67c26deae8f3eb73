// A folder's tree on a disk in memory, for tests of what disk/ does to it.
import { createHash } from 'node:crypto';
import type { Sha256, VersionId } from '../../daemon/core/ids.ts';
import type { SeenStat } from '../../daemon/core/observation.ts';
import { type RelativePath, parseRelativePath } from '../../daemon/core/path.ts';
import type { FileEntry } from '../../daemon/core/record.ts';
import { prepareRoot } from '../../daemon/disk/root.ts';
import { stage, stagedName } from '../../daemon/disk/stage.ts';
import { seenOf } from '../../daemon/disk/tree.ts';
import type { FileSystem } from '../../daemon/ports/file-system.ts';
import { SimulatedClock } from '../simulation/clock.ts';
import { MemoryFileSystem } from '../simulation/memory-file-system.ts';

export const ROOT = '/srv/docs';
export const TREE = { root: ROOT, marker: 'the marker', boundaries: [] };

export function path(text: string): RelativePath {
  const parsed = parseRelativePath(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.why}`);
  return parsed.path;
}

export function file(content: string, mode = 0o644): FileEntry {
  const sha256 = createHash('sha256').update(content).digest('hex') as Sha256;
  return { kind: 'file', size: Buffer.byteLength(content), sha256, mode, mtimeUs: 1_000_000n };
}

let versions = 0;
export function version(): VersionId {
  return `v${versions++}` as VersionId;
}

/** An empty folder. */
export function folder(): MemoryFileSystem {
  const fs = new MemoryFileSystem(new SimulatedClock());
  prepareRoot.run(fs, { root: ROOT, marker: TREE.marker });
  return fs;
}

/** Puts a content into staging; the name that it has there. */
export function staged(fs: FileSystem, at: string, content: string): string {
  const entry = file(content);
  const name = stagedName(path(at), entry.sha256);
  const bytes = new TextEncoder().encode(content);
  const [result] = stage.run(fs, { tree: TREE, items: [{ staged: name, entry, source: { kind: 'bytes', bytes } }] });
  if (result?.kind !== 'ready') throw new Error(`not staged: ${result?.kind}`);
  return name;
}

/** What the index would have of a path: what lstat shows now. */
export function seen(fs: MemoryFileSystem, at: string): SeenStat {
  const dir = fs.openRoot(`${ROOT}/${at}`.replace(/\/[^/]*$/, ''));
  const stat = seenOf(dir.lstat(at.replace(/.*\//, '')));
  dir.close();
  if (stat === undefined) throw new Error(`${at} is neither a file, a directory nor a link`);
  return stat;
}

/** All contents of files and targets of links anywhere below the root, versions and staging too. */
export function contents(fs: MemoryFileSystem): Set<string> {
  const found = [...fs.user.tree(ROOT, ['.syncd/id']).values()].flatMap(
    (words) => /^(?:file \d+ at -?\d+: |link to )(.*)$/s.exec(words)?.[1] ?? [],
  );
  return new Set(found.map((text) => text.replace(/^"(.*)"$/s, '$1')));
}
