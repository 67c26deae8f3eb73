// `syncctl reject`.
import { type Command, YES } from '../command.ts';
import { confirmHeld, deletions } from './held.ts';

export const reject: Command = {
  name: 'reject',
  summary: 'bring back what a held mass deletion removed',
  details: 'The files come from peers; it waits if none is connected.',
  arguments: [{ syntax: '<folder>', tells: 'the folder' }],
  options: [YES],
  examples: [{ line: 'syncctl reject docs', tells: 'the files come back here' }],
  async run(context, given) {
    const folder = given.argument('folder');
    if (!given.flag('yes') && !context.out.json) await confirmHeld(context, folder, 'Bring the files back?');
    const settled = await context.client.ask('reject', { folder });
    context.out.done(settled, `Rejected ${deletions(settled.deletions)} in ${settled.folder}: the files come back.`);
  },
};
