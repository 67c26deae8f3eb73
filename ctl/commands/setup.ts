// `syncctl setup`: asks what is needed to share a folder or to join one, and does it by the commands that people type.
import { homedir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { Command, Context } from '../command.ts';
import { asFailure, usage } from '../failure.ts';
import { Given } from '../given.ts';
import { addFolder } from './add-folder.ts';
import { invite } from './invite.ts';
import { join } from './join.ts';

export const setup: Command = {
  name: 'setup',
  summary: 'a short guided set-up: share a folder, or join one by an invitation',
  details: 'Asks, on a terminal, and does what add-folder, invite and join do. Every answer can be left out by return.',
  examples: [{ line: 'syncctl setup', tells: 'on a new machine' }],
  async run(context) {
    const { client, out, terminal } = context;
    if (!terminal.answers || out.json)
      throw usage(
        'setup asks questions, and here is nobody to answer',
        'The same without questions: syncctl add-folder NAME PATH, syncctl invite NAME, and on the other device syncctl join INVITATION PATH.',
      );
    const { status } = await client.ask('overview', {});
    out.line(`This device is ${status.daemon.name}. ${foldersOf(status.folders.map(({ name }) => name))}`);
    const invitation = await terminal.ask(
      'An invitation from another device, or return to share a folder from here',
      '',
    );
    if (invitation === '') await share(context);
    else await accept(context, invitation);
    out.note('How it stands: syncctl status. What moves: syncctl top.');
  },
};

const foldersOf = (names: readonly string[]): string =>
  names.length === 0 ? 'It keeps no folder yet.' : `It keeps ${names.join(', ')}.`;

async function accept(context: Context, invitation: string): Promise<void> {
  await untilDone(context, async () => {
    const path = await context.terminal.ask('Where its folder is to be on this device', '~/');
    await join.run(context, given({ invitation, path: atHome(path) }));
  });
}

async function share(context: Context): Promise<void> {
  const { client, terminal } = context;
  const name = await untilDone(context, async () => {
    const folder = await terminal.ask('The name of the folder, as it is called on every device', 'docs');
    const known = await client.ask('folders', {});
    if (known.some((one) => one.name === folder)) return folder;
    const path = await terminal.ask('Its directory on this device', `~/${folder}`);
    await addFolder.run(context, given({ name: folder, path: atHome(path) }));
    return folder;
  });
  await untilDone(context, async () => {
    const role = await terminal.ask('What the other device may do: two-way, edit-only or read-only', 'two-way');
    await invite.run(context, given({ folder: [name] }, { role }));
  });
}

/** What goes wrong is said, and asked again: a mistyped path is no reason to begin anew. */
async function untilDone<T>({ out }: Context, step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code !== 'E_FOLDER_PATH' && failure.code !== 'E_CONFIG' && failure.code !== 'E_FOLDER_NESTED')
        throw error;
      out.failure(failure);
    }
  }
}

/** No shell has seen what was typed. */
function atHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? joinPath(homedir(), path.slice(1)) : path;
}

function given(words: Readonly<Record<string, unknown>>, options: Readonly<Record<string, unknown>> = {}): Given {
  return new Given(new Map(Object.entries(words)), new Map(Object.entries(options)));
}
