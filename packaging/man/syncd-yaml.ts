// syncd.yaml(5): docs/configuration.md, the tables of which a test compares with what the daemon reads. Pure.
import { manSections } from './markdown.ts';
import { bold, manPage } from './roff.ts';

export function syncdYamlPage(configuration: string, version: string, atS: number): string {
  return manPage({
    name: 'syncd.yaml',
    section: 5,
    atS,
    version,
    sections: [
      ['NAME', 'syncd.yaml \\- configuration of syncd'],
      ...manSections(configuration, 'DESCRIPTION'),
      ['SEE ALSO', `${bold('syncd')}(8), ${bold('syncctl')}(1)`],
    ],
  });
}
