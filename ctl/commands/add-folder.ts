// `syncctl add-folder`.
import type { Command } from '../command.ts';
import { grouped, humanSize } from '../output/cell.ts';
import { accessLines, surveyLines } from '../output/survey.ts';
import { givenPath } from '../read/path.ts';

export const addFolder: Command = {
  name: 'add-folder',
  summary: 'add a folder; its directory is created if it is missing',
  arguments: [
    { syntax: '<name>', tells: 'how it is called, on every device' },
    { syntax: '<path>', tells: 'its directory', completes: 'directory' },
  ],
  options: [
    {
      flags: '--profile <name>',
      tells: 'take settings from a profile: text, code, documents, mirror, or one of yours',
      completes: ['text', 'code', 'documents', 'mirror'],
    },
    {
      flags: '--mode <mode>',
      tells: 'what this device does with it: two-way (usual), send-only or receive-only',
      completes: ['two-way', 'send-only', 'receive-only'],
    },
    { flags: '--ignore <pattern>', tells: 'leave out what matches; may be repeated', many: true },
    {
      flags: '--set <key=value>',
      tells: 'any key of the configuration, with a YAML value; may be repeated',
      many: true,
    },
    {
      flags: '--dry-run',
      tells: 'only show what is there: how much, what is ignored, and what the daemon may not read or write',
    },
  ],
  examples: [
    { line: 'syncctl add-folder docs /srv/docs --dry-run', tells: 'looks, and makes nothing' },
    { line: 'syncctl add-folder docs /srv/docs', tells: 'then share it: syncctl invite docs' },
    { line: "syncctl add-folder docs ~/Documents --set rescan=5m --set 'versions.keep=90d'", tells: 'with settings' },
    { line: 'syncctl add-folder src ~/src --profile code', tells: 'without what is built; see syncctl config show' },
  ],
  async run({ client, out, cwd }, given) {
    const asked = {
      name: given.argument('name'),
      path: givenPath(cwd, 'PATH', given.argument('path')),
      profile: given.option('profile'),
      mode: given.option('mode'),
      ignore: given.options('ignore'),
      set: given.options('set'),
    };
    if (given.flag('dry-run')) {
      const survey = await client.ask('surveyFolder', asked);
      out.done(survey, ...surveyLines(survey));
      return;
    }
    const added = await client.ask('addFolder', asked);
    const holds = added.files === 0 ? added.state : `${grouped(added.files)} files, ${humanSize(added.bytes)}`;
    out.done(added, `Added ${added.name}: ${added.path} (${holds}).`);
    for (const line of out.json ? [] : accessLines(added.survey)) out.note(line);
    if (out.terminal && !out.json) out.note(`Share it: syncctl invite ${added.name}`);
  },
};
