// `syncctl approve`.
import { type Command, YES } from '../command.ts';
import { confirmHeld, deletions } from './held.ts';

export const approve: Command = {
  name: 'approve',
  summary: 'let a held mass deletion go through, exactly as shown',
  arguments: [{ syntax: '<folder>', tells: 'the folder' }],
  options: [YES],
  examples: [{ line: 'syncctl approve docs', tells: 'the files are deleted everywhere; versions are kept' }],
  async run(context, given) {
    const folder = given.argument('folder');
    if (!given.flag('yes') && !context.out.json) await confirmHeld(context, folder, 'Delete them on all devices?');
    const settled = await context.client.ask('approve', { folder });
    context.out.done(settled, `Approved ${deletions(settled.deletions)} in ${settled.folder}.`);
  },
};
