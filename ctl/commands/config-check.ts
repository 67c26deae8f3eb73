// `syncctl config check`.
import { readFileSync } from 'node:fs';
import type { Command } from '../command.ts';
import { Failure, usage } from '../failure.ts';
import { givenPath } from '../read/path.ts';

/** As much as the daemon reads. */
const MAX_BYTES = 1 << 20;

export const configCheck: Command = {
  name: 'config check',
  summary: 'check a configuration file, or the files that the daemon would read',
  details: 'Changes nothing. Exit status 2 when something is wrong, with file, line, key and what was expected.',
  arguments: [{ syntax: '[file]', tells: 'this file, in place of config.yaml', completes: 'file' }],
  examples: [
    { line: 'syncctl config check && syncctl reload', tells: 'after editing' },
    { line: 'syncctl config check new.yaml', tells: 'before it is put in its place' },
  ],
  async run({ client, out, cwd }, given) {
    const name = given.optional('file');
    const file = name === undefined ? undefined : givenPath(cwd, 'FILE', name);
    const asked = file === undefined ? {} : { file, text: readText(file) };
    const checked = await client.ask('checkConfig', asked);
    out.done(checked, `${checked.file}: no problems found.`);
  },
};

function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure('E_CONFIG', `${file}: ${whyNot(error)}`, 'Name a file that you may read.');
  }
  if (text.length > MAX_BYTES) throw usage(`${file} is larger than ${MAX_BYTES} bytes`);
  return text;
}

function whyNot(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a directory';
    case 'EACCES':
      return 'you may not read it';
    default:
      return error instanceof Error ? error.message : 'it cannot be read';
  }
}
