// What must hold when nobody does anything, all devices run and all links are up.
import type { FileRecord } from '../../daemon/core/record.ts';
import { stagedNameOf } from '../../daemon/disk/stage.ts';
import type { WantedRow } from '../../daemon/index/wanted.ts';
import { filesBelow, sha256 } from './files.ts';
import { ROOT, type SimulatedDevice } from './simulated-device.ts';

/** Content that a power loss took from everybody is named for ever, where it was and where it is wanted. */
const GONE = ['E_DAMAGED', 'E_NO_SOURCE'];

/** Nothing waits on any device, but for what a power loss took from everybody. */
export function areIdle(devices: readonly SimulatedDevice[]): boolean {
  return devices.every(({ folder, index }) => {
    if (folder === undefined || index === undefined || folder.progress.condition.kind !== 'idle') return false;
    const wanted = index.wantedCounts();
    if (wanted.count > 0 && [...index.wantedAll()].some((want) => !isGone(want, devices))) return false;
    const { pendingFiles, skipped } = folder.snapshot();
    return pendingFiles <= wanted.count && skipped.every(isNamedGone);
  });
}

function isNamedGone({ code }: { readonly code: string }): boolean {
  return GONE.includes(code);
}

/** Nobody has what is wanted: one lost it with its power, the others have never had it. */
function isGone({ record: { entry }, why }: WantedRow, devices: readonly SimulatedDevice[]): boolean {
  if (why === 'fetch' || entry.kind !== 'file' || !devices.some(({ mayLose }) => mayLose)) return false;
  return !devices.some((device) => holds(device, entry.sha256));
}

/** What lies where a damaged file is named nobody knows. */
function holds({ fs, folder }: SimulatedDevice, wanted: string): boolean {
  const skipped = folder?.snapshot().skipped ?? [];
  const damaged = new Set<string>(skipped.flatMap(({ path, code }) => (code === 'E_DAMAGED' ? [path] : [])));
  for (const [path, file] of filesBelow(fs.user, ROOT)) if (!damaged.has(path) && sha256(file) === wanted) return true;
  return false;
}

/**
 * I2: one tree, one list of conflicts; but for what a power loss took from everybody.
 * @param named what is at these paths, or below, may differ
 */
export function differences(devices: readonly SimulatedDevice[], named: ReadonlySet<string> = new Set()): string[] {
  const [first, ...rest] = devices;
  if (first === undefined) return [];
  const problems: string[] = [];
  const gone = gonePaths(devices);
  const tree = first.fs.user.tree(ROOT);
  for (const other of rest) {
    const theirs = other.fs.user.tree(ROOT);
    for (const path of new Set([...tree.keys(), ...theirs.keys()]))
      if (tree.get(path) !== theirs.get(path) && !gone.has(path) && !isNamed(path, named))
        problems.push(`I2: ${path}: ${first.name} has ${tree.get(path)}, ${other.name} has ${theirs.get(path)}`);
    const [a, b] = [first, other].map((one) => conflictsOf(one, (path) => gone.has(path) || isNamed(path, named)));
    if (a !== b) problems.push(`I2: conflicts differ: ${first.name}: ${a}; ${other.name}: ${b}`);
  }
  return problems;
}

/** I10, I11, I12: nothing is left over, and nothing is named that is over. */
export function unfinished(devices: readonly SimulatedDevice[]): string[] {
  return devices.flatMap((device) => {
    const { name, fs, folder, index } = device;
    const problems: string[] = [];
    const wanted = [...(index?.wantedAll() ?? [])];
    // What has come of a large file whose only source lost it is kept as long as it is wanted.
    const begun = new Set(wanted.filter((want) => isGone(want, devices)).map(({ record }) => partName(record)));
    const staged = [...fs.user.tree(`${ROOT}/.syncd/staging`).keys()].filter((one) => !begun.has(one));
    if (staged.length > 0) problems.push(`${name} has ${staged.join(', ')} in staging`);
    for (const want of wanted) {
      const { record, why, code } = want;
      if (!isGone(want, devices))
        problems.push(`${name} wants ${record.path} (${record.entry.kind}): ${why} ${code ?? ''}`);
    }
    for (const { path, code } of folder?.snapshot().skipped ?? [])
      if (!isNamedGone({ code })) problems.push(`${name} skips ${path}: ${code}`);
    const condition = folder?.progress.condition;
    if (condition?.kind !== 'idle') problems.push(`${name} is ${JSON.stringify(condition)}`);
    if (fs.openHandles > 0) problems.push(`${name} has ${fs.openHandles} open files`);
    return problems;
  });
}

function partName({ path, entry }: FileRecord): string {
  return `${stagedNameOf(path, entry)}.part`;
}

/** Where a content is wanted or named that a power loss took from everybody. */
export function gonePaths(devices: readonly SimulatedDevice[]): ReadonlySet<string> {
  return new Set(devices.flatMap((device) => goneFrom(device, devices)));
}

function goneFrom({ folder, index }: SimulatedDevice, devices: readonly SimulatedDevice[]): string[] {
  const named = (folder?.snapshot().skipped ?? []).filter(isNamedGone).map(({ path }) => path as string);
  const wanted = [...(index?.wantedAll() ?? [])].filter((want) => isGone(want, devices));
  return [...named, ...wanted.map(({ record }) => record.path)];
}

/** What somebody names as left alone. */
export function namedPaths(devices: readonly SimulatedDevice[]): ReadonlySet<string> {
  return new Set(devices.flatMap(({ folder }) => folder?.snapshot().skipped.map(({ path }) => path) ?? []));
}

function isNamed(path: string, named: ReadonlySet<string>): boolean {
  if (named.has('.') || named.has(path)) return true;
  return [...named].some((one) => path.startsWith(`${one}/`) || one.startsWith(`${path}/`));
}

/** I11: what is skipped and not named. */
export function unnamed(devices: readonly SimulatedDevice[]): string[] {
  return devices.flatMap((device) => {
    const named = namedPaths([device]);
    const skipped = [...(device.index?.wantedAll() ?? [])].filter(({ why }) => why === 'skipped');
    return skipped
      .filter(({ record }) => !named.has(record.path))
      .map(({ record, code }) => `${device.name} skips ${record.path} (${code}) and does not name it`);
  });
}

function conflictsOf({ folder }: SimulatedDevice, isLeftOut: (path: string) => boolean): string {
  const conflicts = (folder?.conflicts() ?? []).filter(({ path }) => !isLeftOut(path));
  return conflicts.map(({ path, winner, lost }) => `${path} ${winner.at(-1)} ${lost.sha256.slice(0, 8)}`).join(', ');
}
