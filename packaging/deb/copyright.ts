// The copyright file, as https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ wants it: a paragraph for the
// program and one for each package of the lock file that is in the .deb, with the text of its licence.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LockedPackage, isRuntime } from './locked-packages.ts';
import { HOME } from './program.ts';

const SOURCE =
  'the repository that the package was built from, and https://registry.npmjs.org for the bundled packages';
/** Debian has this text on every machine, and does not want it again. */
const APACHE = `Licensed under the Apache License, Version 2.0. On Debian systems the whole text of
this licence is in /usr/share/common-licenses/Apache-2.0.`;

/** Add-ons in packages of their own, which have no licence file: that of the package they belong to holds. */
const BELONGS_TO: readonly (readonly [RegExp, string])[] = [
  [/^node_modules\/@koromix\/koffi-.*$/, 'node_modules/koffi'],
];

export function copyrightFile(repository: string, packages: readonly LockedPackage[]): string {
  const own = readFileSync(join(repository, 'LICENSE'), 'utf8');
  const heading = [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: syncd',
    `Source: ${SOURCE}`,
  ].join('\n');
  const paragraphs = packages.map((one) => {
    const text = licenseText(repository, one);
    const files = isRuntime(one) ? `${HOME}/bin/node` : `${HOME}/${one.path}/*`;
    const license = isRuntime(one) ? 'MIT and those of what Node contains' : one.license;
    return paragraph(files, holders(text, one), license, text, `${one.name} ${one.version}`);
  });
  return `${[heading, paragraph('*', holders(own, { name: 'syncd' }), 'MIT', own), ...paragraphs].join('\n\n')}\n`;
}

function licenseText(repository: string, { path, name }: LockedPackage): string {
  const [, from = path] = BELONGS_TO.find(([pattern]) => pattern.test(path)) ?? [];
  const directory = join(repository, from);
  const file = readdirSync(directory).find((entry) => /^(?:licen[cs]e|copying)/i.test(entry));
  if (file === undefined) throw new Error(`${name} has no licence file: say in ${import.meta.filename} whose it has`);
  return readFileSync(join(directory, file), 'utf8');
}

/** The lines that say whose it is. */
function holders(text: string, { name }: Pick<LockedPackage, 'name'>): string[] {
  const lines = text
    .split('\n')
    .map((line) => line.replaceAll(/^[\s*#/]+|<br ?\/?>|\s+$/g, ''))
    .filter(
      (line) =>
        /^(?:original code )?copyright\s.*[\w>]/i.test(line) && !/notice|holder|licen[cs]e |\[yyyy\]/i.test(line),
    );
  return lines.length > 0 ? [...new Set(lines)] : [`the authors of ${name}`];
}

function paragraph(files: string, held: readonly string[], license: string, text: string, comment?: string): string {
  const whole = license === 'Apache-2.0' ? APACHE : text.trim();
  return [
    `Files: ${files}`,
    ...(comment === undefined ? [] : [`Comment: ${comment}`]),
    `Copyright: ${held.join('\n ')}`,
    `License: ${license}`,
    ...whole.split('\n').map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`)),
  ].join('\n');
}
