// A process that writes at one path as fast as it can, in two ways: it puts a file of its own there, keeping what it takes
// out, and it appends a line to whatever is there. Stops when its input ends; then says how much it has written.
import { appendFileSync, writeFileSync } from 'node:fs';
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';

const [root = '', own = ''] = process.argv.slice(2);
const fs = new RealFileSystem();
const there = fs.openRoot(root);
const mine = fs.openRoot(own);
let stopped = false;
let files = 0;
let lines = 0;

process.stdin.on('end', () => {
  stopped = true;
});
process.stdin.resume();

function put(): void {
  const name = String(files);
  writeFileSync(`${own}/${name}`, `file ${files}.\n`);
  files++;
  try {
    mine.rename(name, there, 'a', 'exchange');
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    mine.rename(name, there, 'a', 'noreplace');
  }
}

function append(): void {
  appendFileSync(`${root}/a`, `line ${lines}.\n`);
  lines++;
}

function go(): void {
  for (let i = 0; i < 20; i++) {
    put();
    append();
  }
  if (!stopped) {
    setImmediate(go);
    return;
  }
  process.stdout.write(`${files} ${lines}\n`);
}
go();
