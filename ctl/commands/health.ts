// `syncctl health`.
import type { Command } from '../command.ts';
import { namedMessage } from '../output/status-screen.ts';

const NEEDS_ATTENTION = 5;

export const health: Command = {
  name: 'health',
  summary: 'say ok, degraded or failing, for a monitor',
  details:
    'degraded: something needs attention. failing: a folder does nothing. The exit status is 0 for ok, 5 for both, and 3 ' +
    'where no daemon runs. What needs attention follows, a line each.',
  examples: [
    { line: 'syncctl health --quiet || systemctl status syncd', tells: 'for a script' },
    { line: "syncctl health --json | jq -r '.attention[].code'", tells: 'for a monitor' },
  ],
  async run({ client, out }) {
    const answer = await client.ask('health', {});
    out.done(answer, answer.health);
    if (!out.json) for (const item of answer.attention) out.note(`${namedMessage(item)}  → ${item.hint}`);
    return answer.health === 'ok' ? 0 : NEEDS_ATTENTION;
  },
};
