// `syncctl invite`: in a pipe the invitation alone, so that it can be sent on.
import type { Command } from '../command.ts';
import { humanDuration } from '../output/cell.ts';
import { secondsOption } from '../read/number.ts';

export const invite: Command = {
  name: 'invite',
  summary: 'print an invitation for another device',
  details:
    'Whoever has the invitation may use it, once, until it expires. It holds the addresses of this device, its fingerprint and a secret. On a hub with storage: a folder need not be here yet; it is made when the device joins, as NAME, or with --private as DEVICE:NAME.',
  arguments: [{ syntax: '<folder...>', tells: 'the folders to share' }],
  options: [
    {
      flags: '--role <role>',
      tells: 'what the other device may do: two-way (usual), edit-only or read-only',
      completes: ['two-way', 'edit-only', 'read-only'],
    },
    { flags: '--private', tells: 'on a hub with storage: a folder of that name for the other device alone' },
    { flags: '--expires <duration>', tells: 'how long it can be used: 30m, 1h (usual), 7d' },
    { flags: '--address <host:port>', tells: 'where the other device reaches this one; may be repeated', many: true },
  ],
  examples: [
    { line: 'syncctl invite docs', tells: 'on the other device: syncctl join INVITATION PATH' },
    { line: 'syncctl invite notes --private', tells: 'on a hub: whoever joins brings notes, which nobody else sees' },
    { line: 'syncctl invite docs photos --expires 1d --address hub.example:9031', tells: 'two folders, for a day' },
  ],
  async run({ client, out, nowMs }, given) {
    const made = await client.ask('invite', {
      folders: given.list('folder'),
      role: given.option('role'),
      private: given.flag('private'),
      expires_s: secondsOption('--expires', given.option('expires')),
      addresses: given.options('address'),
    });
    if (out.json) return out.value(made);
    out.line(made.invitation);
    if (!out.terminal) return;
    const left = humanDuration(Date.parse(made.expires) - nowMs() + 500);
    const whose = made.private ? ' (private)' : '';
    out.note(`For ${made.folders.join(', ')}${whose}: ${made.role}, once, for ${left}.`);
    out.note(`On the other device: syncctl join '${made.invitation}' PATH`);
  },
};
