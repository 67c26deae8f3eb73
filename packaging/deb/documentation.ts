// What the package has to read and to complete with: manual pages, completions, copyright and changelog.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { commands } from '../../ctl/commands/table.ts';
import { fishScript } from '../../ctl/completion/fish.ts';
import { bashScript, zshScript } from '../../ctl/completion/posix.ts';
import { commandLine } from '../../ctl/completion/words.ts';
import { GLOBAL_OPTIONS } from '../../ctl/global-options.ts';
import { USAGE } from '../../daemon/arguments.ts';
import { syncctlPage } from '../man/syncctl.ts';
import { syncdYamlPage } from '../man/syncd-yaml.ts';
import { syncdPage } from '../man/syncd.ts';
import { debianChangelog, readChangelog } from './changelog.ts';
import { MAINTAINER } from './control.ts';
import { copyrightFile } from './copyright.ts';
import type { LockedPackage } from './locked-packages.ts';

export interface Edition {
  readonly version: string;
  /** The time of everything in it, seconds since 1970. */
  readonly atS: number;
}

export function placeDocumentation(
  repository: string,
  tree: string,
  { version, atS }: Edition,
  packages: readonly LockedPackage[],
): void {
  const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
  const words = commandLine(commands, GLOBAL_OPTIONS);
  const entries = readChangelog(read('CHANGELOG.md'));
  const texts: Readonly<Record<string, string>> = {
    'usr/share/man/man1/syncctl.1.gz': syncctlPage(commands, version, atS),
    'usr/share/man/man5/syncd.yaml.5.gz': syncdYamlPage(read('docs/configuration.md'), version, atS),
    'usr/share/man/man8/syncd.8.gz': syncdPage(USAGE, version, atS),
    'usr/share/bash-completion/completions/syncctl': bashScript(words),
    'usr/share/zsh/vendor-completions/_syncctl': zshScript(words),
    'usr/share/fish/vendor_completions.d/syncctl.fish': fishScript(words),
    'usr/share/doc/syncd/copyright': copyrightFile(repository, packages),
    'usr/share/doc/syncd/changelog.gz': debianChangelog(entries, { version, atS, maintainer: MAINTAINER }),
  };
  for (const [path, text] of Object.entries(texts)) {
    const file = join(tree, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, path.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
  }
}
