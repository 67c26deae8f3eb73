// `syncctl resolve`.
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';

export const resolve: Command = {
  name: 'resolve',
  summary: "settle a conflict: keep this device's content, the other one, or both",
  details:
    'local is what this device has made (of a conflict between others: what is in the folder), remote the other content. What goes is kept as a version. The entry goes on all devices.',
  arguments: [
    { syntax: '<folder>', tells: 'the folder' },
    { syntax: '<path>', tells: 'the path in it: see syncctl conflicts' },
  ],
  options: [
    {
      flags: '--keep <which>',
      tells: 'local, remote, or both: the other one under a name beside it',
      completes: ['local', 'remote', 'both'],
    },
  ],
  examples: [
    { line: 'syncctl resolve docs notes.txt --keep remote', tells: 'what the other device made' },
    { line: 'syncctl resolve docs notes.txt --keep both', tells: 'one beside the other' },
  ],
  async run({ client, out }, given) {
    const keep = given.option('keep');
    if (keep === undefined) throw usage('--keep is missing: local, remote or both');
    const [folder, path] = [given.argument('folder'), given.argument('path')];
    const resolved = await client.ask('resolve', { folder, path, keep });
    const beside = resolved.copies.length === 0 ? '' : `; beside it: ${resolved.copies.join(', ')}`;
    out.done(resolved, `Settled the conflict of ${resolved.path}: ${resolved.keep} is kept${beside}.`);
  },
};
