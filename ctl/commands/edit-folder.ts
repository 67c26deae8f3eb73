// `syncctl edit-folder`.
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';

export const editFolder: Command = {
  name: 'edit-folder',
  summary: 'change settings of a folder',
  arguments: [{ syntax: '<name>', tells: 'the folder', completes: 'folder' }],
  options: [
    { flags: '--set <key=value>', tells: 'a key of the configuration, with a YAML value; may be repeated', many: true },
  ],
  examples: [
    { line: 'syncctl edit-folder docs --set rescan=5m', tells: 'check it against the disk every five minutes' },
    { line: 'syncctl edit-folder docs --set path=/mnt/docs', tells: 'after its directory was moved there' },
  ],
  async run({ client, out }, given) {
    const set = given.options('set');
    if (set.length === 0) throw usage('nothing to change', 'Give --set KEY=VALUE; see syncctl edit-folder --help.');
    const changed = await client.ask('editFolder', { folder: given.argument('name'), set });
    out.done(changed, `Changed ${changed.name}: ${set.join(', ')}`);
  },
};
