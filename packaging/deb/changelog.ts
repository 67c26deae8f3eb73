// CHANGELOG.md as Debian writes changelogs, and the time that all files of the package get. Pure.
import { debianVersion } from './version.ts';

interface Entry {
  /** Undefined: what is not released yet. */
  readonly version: string | undefined;
  /** `2026-11-21`. */
  readonly date: string | undefined;
  readonly items: readonly string[];
}

/** The newest entry first. Sections (Added, Fixed …) stand before their items. */
export function readChangelog(text: string): Entry[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [, name = '', date] = /^\[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?/.exec(part) ?? [];
      const version = name.toLowerCase() === 'unreleased' ? undefined : name;
      return { version, date, items: itemsOf(part) };
    })
    .filter(({ items }) => items.length > 0);
}

function itemsOf(part: string): string[] {
  return part.split(/^### /m).flatMap((section) => {
    const [heading = ''] = section.split('\n');
    const items = section.split(/^- /m).slice(1);
    return items.map((item) => `${heading}: ${item.trim().replaceAll(/\s+/g, ' ').replaceAll('`', '')}`);
  });
}

/** When the newest entry was released, seconds since 1970; undefined if it has not been. */
export function releasedAt(entries: readonly Entry[]): number | undefined {
  const date = entries[0]?.date;
  return date === undefined ? undefined : Date.parse(`${date}T00:00:00Z`) / 1000;
}

/** What is not released has the version and the time of this package. */
export function debianChangelog(
  entries: readonly Entry[],
  newest: { readonly version: string; readonly atS: number; readonly maintainer: string },
): string {
  return entries
    .map(({ version, date, items }) => {
      const atMs = date === undefined ? newest.atS * 1000 : Date.parse(`${date}T00:00:00Z`);
      return [
        `syncd (${debianVersion(version ?? newest.version)}) unstable; urgency=medium\n`,
        ...items.map((item) => wrap(item)),
        `\n -- ${newest.maintainer}  ${new Date(atMs).toUTCString().replace('GMT', '+0000')}\n`,
      ].join('\n');
    })
    .join('\n');
}

function wrap(item: string): string {
  const lines = [''];
  for (const word of item.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > 74) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line, i) => (i === 0 ? `  * ${line}` : `    ${line}`)).join('\n');
}
