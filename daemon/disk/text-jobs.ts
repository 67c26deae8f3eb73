// Text files read for `conflict: merge`: kept compressed while they are there, and put together when two edits meet.
import { hash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Sha256 } from '../core/ids.ts';
import { MAX_MERGE_BYTES, type Merged, mergeText } from '../core/merge-text.ts';
import type { RelativePath } from '../core/path.ts';
import { textOf } from '../core/text-lines.ts';
import type { OpenFile } from '../ports/file-system.ts';
import type { Job } from '../ports/workers.ts';
import { codeOf } from './errno.ts';
import { readAll } from './parts.ts';
import { type Tree, type TreeRef, withTree } from './tree.ts';
import { atVersion } from './versions.ts';

export interface TextFile {
  readonly path: RelativePath;
  readonly size: number;
  readonly sha256: Sha256;
}

/** Files compressed; undefined for what is no text, or not any more as the index has it. */
export const packTexts: Job<{ tree: TreeRef; files: readonly TextFile[] }, (Uint8Array | undefined)[]> = {
  name: 'packTexts',
  run(fs, { tree: ref, files }) {
    return withTree(fs, ref, (tree) =>
      files.map((file) => {
        const bytes = readText(tree, file);
        return bytes === undefined || textOf(bytes) === undefined ? undefined : pack(bytes);
      }),
    );
  },
};

export interface MergeFiles {
  readonly tree: TreeRef;
  /** Compressed. */
  readonly base: Uint8Array;
  /** What is in the folder. */
  readonly stays: TextFile;
  /** What lost, in the version store. */
  readonly lost: { readonly storedAs: string; readonly size: number; readonly sha256: Sha256 };
}

export type MergedFiles =
  | { readonly kind: 'merged'; readonly packed: Uint8Array; readonly sha256: Sha256; readonly size: number }
  | Exclude<Merged, { kind: 'merged' }>
  /** What is in the folder is not as the index has it. */
  | { readonly kind: 'changed' }
  /** What lost is not there any more. */
  | { readonly kind: 'gone' };

export const mergeFiles: Job<MergeFiles, MergedFiles> = {
  name: 'mergeFiles',
  run(fs, { tree: ref, base, stays, lost }) {
    return withTree(fs, ref, (tree): MergedFiles => {
      if (stays.size > MAX_MERGE_BYTES || lost.size > MAX_MERGE_BYTES) return { kind: 'too large' };
      const theirs = readText(tree, stays);
      if (theirs === undefined) return { kind: 'changed' };
      const ours = atVersion(tree, lost.storedAs, (dir, name) => {
        const file = dir.openFile(name, 'read');
        return readVerified(file, lost.size, lost.sha256);
      });
      if (ours === undefined) return { kind: 'gone' };
      const merged = mergeText(unpack(base), theirs, ours);
      if (merged.kind !== 'merged') return merged;
      const { bytes } = merged;
      return { kind: 'merged', packed: pack(bytes), sha256: hashOf(bytes), size: bytes.length };
    });
  },
};

function pack(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(zstdCompressSync(bytes));
}

/** Bounded: what was packed here was no larger. */
function unpack(packed: Uint8Array): Uint8Array {
  return new Uint8Array(zstdDecompressSync(packed, { maxOutputLength: 4 * MAX_MERGE_BYTES }));
}

function readText(tree: Tree, { path, size, sha256 }: TextFile): Uint8Array | undefined {
  if (size > MAX_MERGE_BYTES) return undefined;
  try {
    const { dir, name } = tree.place(path);
    return readVerified(dir.openFile(name, 'read'), size, sha256);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

function readVerified(file: OpenFile, size: number, sha256: Sha256): Uint8Array | undefined {
  try {
    const bytes = readAll(file, 0, size);
    return bytes !== undefined && hashOf(bytes) === sha256 ? bytes : undefined;
  } finally {
    file.close();
  }
}

function hashOf(bytes: Uint8Array): Sha256 {
  return hash('sha256', bytes, 'hex') as Sha256;
}
