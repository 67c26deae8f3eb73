// `syncctl reload`.
import type { Command } from '../command.ts';

export const reload: Command = {
  name: 'reload',
  summary: 'read the configuration again',
  details: 'Where it is not valid nothing changes, and what is wrong is told.',
  examples: [{ line: 'syncctl reload', tells: 'after editing config.yaml' }],
  async run({ client, out }) {
    const { changed } = await client.ask('reload', {});
    out.done({ changed }, ...(changed.length === 0 ? ['Nothing has changed.'] : changed));
  },
};
