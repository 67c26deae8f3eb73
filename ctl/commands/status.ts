// `syncctl status`: everything on one screen.
import type { Command } from '../command.ts';
import { showStatus } from '../output/status-screen.ts';

const NEEDS_ATTENTION = 5;

export const status: Command = {
  name: 'status',
  summary: 'show daemon, folders, peers and what needs attention',
  details:
    'In a pipe each line begins with what it is about: daemon, folder, peer or attention. Times are RFC 3339, sizes bytes.',
  arguments: [{ syntax: '[folder]', tells: 'this folder alone' }],
  options: [{ flags: '--check', tells: 'exit with status 5 when anything needs attention' }],
  lists: true,
  examples: [
    { line: 'syncctl status', tells: 'everything' },
    { line: 'syncctl status --check --quiet || mail-someone', tells: 'for a cron job' },
    { line: "syncctl status --json | jq '.folders[].state'", tells: 'for a script' },
  ],
  async run({ client, out, nowMs }, given) {
    const overview = await client.ask('overview', { folder: given.optional('folder') });
    if (out.json) out.value(overview.status);
    else if (out.quiet) for (const folder of overview.status.folders) out.line(folder.name);
    else showStatus(out, overview, nowMs());
    return given.flag('check') && overview.attention.length > 0 ? NEEDS_ATTENTION : 0;
  },
};
