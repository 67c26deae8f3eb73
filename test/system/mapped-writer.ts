// Writes into a file through a shared mapping, as databases and linkers do: the kernel tells nobody of such a write.
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const [PROT_WRITE, MAP_SHARED, MS_SYNC] = [2, 1, 4];

/** Overwrites the beginning of a file that is at least so long. */
export function writeMapped(file: string, text: string): void {
  const libc = koffi.load('libc.so.6');
  const mmap = libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)');
  const msync = libc.func('int msync(void *address, size_t length, int flags)');
  const munmap = libc.func('int munmap(void *address, size_t length)');
  const bytes = Buffer.from(text);
  const fd = openSync(file, 'r+');
  const mapping: unknown = mmap(null, bytes.length, PROT_WRITE, MAP_SHARED, fd, 0);
  closeSync(fd);
  koffi.encode(mapping, koffi.array('uint8_t', bytes.length), [...bytes]);
  if (msync(mapping, bytes.length, MS_SYNC) !== 0 || munmap(mapping, bytes.length) !== 0)
    throw new Error('the mapping could not be written back');
}
