// The services of systemd that a daemon may be: a user's own, that user's of the system, the hub. Asked when none answers.
import { type ServiceUnit, shortName } from '../protocol/service-unit.ts';

const TIMEOUT_MS = 2_000;
const HUB = 'syncd.service';

export interface Service extends ServiceUnit {
  /** `syncd.service is inactive since Sat 2026-11-21 09:12:01 UTC: exit-code`. */
  readonly standing: string;
}

/** The one that is meant: the first that somebody has enabled or started, else the hub. Undefined: there is none. */
export async function findService(user: string, isRoot: boolean): Promise<Service | undefined> {
  const [ofUser, ofSystem] = await Promise.all([
    isRoot ? [] : show(['--user'], [HUB]),
    show([], [...(isRoot ? [] : [`syncd@${user}.service`]), HUB]),
  ]);
  const all = [
    ...ofUser.map((found) => ({ found, ofUser: true })),
    ...ofSystem.map((found) => ({ found, ofUser: false })),
  ].filter(({ found }) => found.get('LoadState') === 'loaded');
  const meant =
    all.find(({ found }) => isInUse(found)) ?? all.find((one) => !one.ofUser && one.found.get('Id') === HUB);
  if (meant === undefined) return undefined;
  const name = meant.found.get('Id') ?? HUB;
  return { name, ofUser: meant.ofUser, standing: standingOf(name, meant.found) };
}

/** What to type to start it, and to see what it said. */
export function startHint(service: ServiceUnit): string {
  const name = shortName(service);
  return service.ofUser
    ? `systemctl --user start ${name}; journalctl --user -u ${name} -n 20`
    : `sudo systemctl start ${name}; journalctl -u ${name} -n 20`;
}

type Properties = ReadonlyMap<string, string>;

function isInUse(found: Properties): boolean {
  return found.get('UnitFileState') === 'enabled' || found.get('ActiveState') !== 'inactive';
}

function standingOf(name: string, found: Properties): string {
  const state = found.get('ActiveState') ?? 'unknown';
  const since = found.get('StateChangeTimestamp') ?? '';
  const result = found.get('Result') ?? 'success';
  // What it said of itself before it ended would be taken for what it is now.
  const said = state === 'activating' ? (found.get('StatusText') ?? '') : '';
  return [
    `${name} is ${state}`,
    since === '' ? '' : ` since ${since}`,
    result === 'success' ? '' : `: ${result}`,
    said === '' ? '' : `: ${said}`,
  ].join('');
}

/** None where there is no systemd. */
async function show(options: readonly string[], units: readonly string[]): Promise<Properties[]> {
  // Loaded only here: a command that is answered does not need it.
  const { execFile } = await import('node:child_process');
  const properties = 'Id,LoadState,UnitFileState,ActiveState,Result,StatusText,StateChangeTimestamp';
  const output = await new Promise<string>((resolve) => {
    const words = [...options, 'show', '-p', properties, ...units];
    execFile('systemctl', words, { timeout: TIMEOUT_MS }, (error, stdout) => resolve(error === null ? stdout : ''));
  });
  // A unit's properties are a line each; between two units is an empty one.
  return output
    .split(/\n\n+/)
    .filter((part) => part.trim() !== '')
    .map((part) => new Map(part.split('\n').map((line) => [beforeEquals(line), line.slice(line.indexOf('=') + 1)])));
}

const beforeEquals = (line: string): string => line.slice(0, Math.max(0, line.indexOf('=')));
