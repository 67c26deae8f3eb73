// The manifest of a whole file, from its portions.
import assert from 'node:assert/strict';
import { type MakeManifest, makeManifest } from '../../daemon/disk/manifest-job.ts';
import type { FileSystem } from '../../daemon/ports/file-system.ts';

export function wholeManifest(fs: FileSystem, file: Omit<MakeManifest, 'from'>): Uint8Array {
  const portions: Uint8Array[] = [];
  for (let from = 0; from < file.size;) {
    const portion = makeManifest.run(fs, { ...file, from });
    assert.ok(portion);
    portions.push(portion.manifest);
    from = portion.end;
  }
  return Buffer.concat(portions);
}
