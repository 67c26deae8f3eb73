// `syncctl config show`.
import type { Command } from '../command.ts';
import { yamlLines } from '../output/yaml.ts';

export const configShow: Command = {
  name: 'config show',
  summary: 'show the configuration in effect, with all defaults',
  examples: [{ line: 'syncctl config show', tells: 'as YAML' }],
  async run({ client, out }) {
    const config = await client.ask('config', {});
    if (out.json) out.value(config);
    else for (const line of yamlLines(config)) out.line(line);
  },
};
