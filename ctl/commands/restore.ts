// `syncctl restore`.
import { resolve } from 'node:path';
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';
import { timeOption } from '../read/time.ts';

/** Copying a large file takes its time. */
const RESTORE_TIMEOUT_MS = 3_600_000;

export const restore: Command = {
  name: 'restore',
  summary: 'bring an older content of a path back, as a new change',
  details: 'Without --version or --at: the one before the current. What it replaces is kept as a version in turn.',
  arguments: [
    { syntax: '<folder>', tells: 'the folder' },
    { syntax: '<path>', tells: 'the path in it' },
  ],
  options: [
    { flags: '--version <id>', tells: 'this version, or the beginning of its ID: see syncctl history FOLDER PATH' },
    { flags: '--at <time>', tells: "the content as of then: RFC 3339, 2h, or 'yesterday 14:00'" },
    { flags: '--to <file>', tells: 'write it to this new file instead' },
  ],
  examples: [
    { line: 'syncctl restore docs notes/todo.md', tells: 'the content before the last change' },
    {
      line: "syncctl restore docs notes/todo.md --at 'yesterday 14:00' --to /tmp/todo.md",
      tells: 'only to look at it',
    },
  ],
  async run({ client, out, cwd, nowMs }, given) {
    const [version, at, to] = [given.option('version'), given.option('at'), given.option('to')];
    if (version !== undefined && at !== undefined) throw usage('--version and --at exclude each other');
    const restored = await client.ask(
      'restore',
      {
        folder: given.argument('folder'),
        path: given.argument('path'),
        version,
        at: timeOption('--at', at, nowMs()),
        to: to === undefined ? undefined : resolve(cwd, to),
      },
      RESTORE_TIMEOUT_MS,
    );
    const where = to === undefined ? 'as a new change' : `to ${to}`;
    out.done(restored, `Restored version ${restored.version} of ${restored.path} ${where}.`);
  },
};
