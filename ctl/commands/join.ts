// `syncctl join`: on a terminal it shows first what will be where.
import { resolve } from 'node:path';
import type { JoinAnswer } from '../../protocol/control.ts';
import { type Command, YES } from '../command.ts';
import { countFiles } from '../local-tree.ts';
import { grouped, humanSize } from '../output/cell.ts';
import type { Output } from '../output/output.ts';

/** The inviter may have several addresses, and the slowest of them decides. */
const JOIN_TIMEOUT_MS = 180_000;

export const join: Command = {
  name: 'join',
  summary: 'accept an invitation: trust the device that made it and add its folders',
  details:
    'Returns when the folders are added, not when they are in sync: see syncctl wait. Files that differ are kept as conflicts; nothing is overwritten.',
  arguments: [
    { syntax: '<invitation>', tells: 'the line that syncctl invite printed, in quotes' },
    {
      syntax: '[path]',
      tells: 'the directory of the folder; of several folders, the one that holds a directory for each',
    },
  ],
  options: [{ flags: '--as <name>', tells: 'call the folder differently here' }, YES],
  examples: [
    { line: "syncctl join 'syncd:v1:…' ~/Documents", tells: 'shows what will happen, and asks' },
    { line: "syncctl join 'syncd:v1:…' ~/Documents --yes", tells: 'does not ask' },
  ],
  async run({ client, out, terminal, cwd }, given) {
    const path = given.optional('path');
    const asked = {
      invitation: given.argument('invitation'),
      path: path === undefined ? undefined : resolve(cwd, path),
      as: given.option('as'),
      cwd,
    };
    if (terminal.answers && !given.flag('yes') && !out.json) {
      await show(out, await client.ask('previewJoin', asked, JOIN_TIMEOUT_MS));
      await terminal.confirm('Go on?', 'yes');
    }
    const joined = await client.ask('join', asked, JOIN_TIMEOUT_MS);
    const places = joined.folders.map((folder) => `Folder ${folder.name}: ${folder.path}`);
    out.done(joined, `Paired with ${joined.peer.name} (${joined.peer.id.slice(0, 7)}).`, ...places);
  },
};

async function show(out: Output, offer: JoinAnswer): Promise<void> {
  out.line(`${offer.peer.name} (${offer.peer.id.slice(0, 7)}) shares:`);
  for (const folder of offer.folders) {
    out.line(
      `  ${folder.name}: ${grouped(folder.files)} files, ${humanSize(folder.bytes)} there; you may: ${folder.role}`,
    );
    out.line(`    → ${folder.path} (${await describeLocal(folder.path)})`);
  }
}

async function describeLocal(path: string): Promise<string> {
  const found = await countFiles(path);
  switch (found.kind) {
    case 'absent':
      return 'will be created';
    case 'unreadable':
      return 'you may not read it';
    case 'counted': {
      if (found.files === 0) return 'empty';
      const number = `${found.more ? 'more than ' : ''}${grouped(found.files)}`;
      return `holds ${number} files, ${humanSize(found.bytes)}: what is only here is sent, what differs is kept as a conflict`;
    }
  }
}
