// `syncctl join`: says first what it will do, and on a terminal asks.
import type { JoinPreview } from '../../protocol/control.ts';
import { type Command, YES } from '../command.ts';
import { countFiles } from '../local-tree.ts';
import { folderLine, question } from '../output/join-preview.ts';
import type { Output } from '../output/output.ts';
import { givenPath } from '../read/path.ts';

/** The inviter may have several addresses, and the slowest of them decides. */
const JOIN_TIMEOUT_MS = 180_000;

export const join: Command = {
  name: 'join',
  summary: 'accept an invitation: trust the device that made it and add its folders',
  details:
    'Tells how many files will be received and sent and how many differ, and asks on a terminal. Files that differ are kept as conflicts; nothing is overwritten. Returns when the folders are added, not when they are in sync: see syncctl wait.',
  arguments: [
    {
      syntax: '<invitation>',
      tells: 'the line that syncctl invite printed, in quotes; - reads it from standard input',
    },
    {
      syntax: '[path]',
      completes: 'directory',
      tells: 'the directory of the folder; of several folders, the one that holds a directory for each',
    },
  ],
  options: [{ flags: '--as <name>', tells: 'call the folder differently here' }, YES],
  examples: [
    { line: "syncctl join 'syncd:v1:…' ~/Documents", tells: 'shows what will happen, and asks' },
    { line: "syncctl join 'syncd:v1:…' ~/Documents --yes", tells: 'does not ask' },
    {
      line: 'ssh hub syncctl invite docs | syncctl join - ~/Documents',
      tells: 'nobody else on this machine sees it among the arguments of a program',
    },
  ],
  async run({ client, out, terminal, cwd }, given) {
    const path = given.optional('path');
    const line = given.argument('invitation');
    const asked = {
      invitation: line === '-' ? await terminal.line() : line,
      path: path === undefined ? undefined : givenPath(cwd, 'PATH', path),
      as: given.option('as'),
      cwd,
    };
    const agreed = given.flag('yes');
    if (terminal.answers && !out.json && !(agreed && out.quiet)) {
      const preview = await client.ask('previewJoin', asked, JOIN_TIMEOUT_MS);
      await show(out, preview);
      if (!agreed) await terminal.confirm(question(preview.folders), 'yes');
    } else if (!terminal.answers && !agreed && !out.json && !out.quiet) {
      const { folders } = await client.ask('previewJoin', { ...asked, quick: true }, JOIN_TIMEOUT_MS);
      for (const folder of folders) out.note(folderLine(folder));
    }
    const joined = await client.ask('join', asked, JOIN_TIMEOUT_MS);
    const places = joined.folders.map((folder) => `Folder ${folder.name}: ${folder.path}`);
    out.done(joined, `Paired with ${joined.peer.name} (${joined.peer.id.slice(0, 7)}).`, ...places);
  },
};

async function show(out: Output, { peer, folders }: JoinPreview): Promise<void> {
  out.line(`Invited by ${peer.name} (${peer.id.slice(0, 7)}).`);
  for (const folder of folders)
    out.line(folderLine(folder, folder.comparison === null ? await countFiles(folder.path) : undefined));
}
