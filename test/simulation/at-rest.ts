// What must hold when nobody does anything, all devices run and all links are up.
import { ROOT, type SimulatedDevice } from './simulated-device.ts';

/** Content that a power loss took from everybody is named for ever. */
const GONE = 'E_DAMAGED';

/** Nothing waits on this device. */
export function isIdle({ folder, index }: SimulatedDevice): boolean {
  if (folder === undefined || index === undefined || folder.condition.kind !== 'idle') return false;
  const wanted = index.wantedCounts();
  if (wanted.count > 0 && [...index.wantedAll()].some(({ code }) => code !== GONE)) return false;
  const { pendingFiles, skipped } = folder.snapshot();
  return pendingFiles <= wanted.count && skipped.every(({ code }) => code === GONE);
}

/** I2: one tree, one list of conflicts; but for what a power loss took from everybody. */
export function differences(devices: readonly SimulatedDevice[]): string[] {
  const [first, ...rest] = devices;
  if (first === undefined) return [];
  const problems: string[] = [];
  const gone = new Set(devices.flatMap(goneFrom));
  const tree = first.fs.user.tree(ROOT);
  for (const other of rest) {
    const theirs = other.fs.user.tree(ROOT);
    for (const path of new Set([...tree.keys(), ...theirs.keys()]))
      if (tree.get(path) !== theirs.get(path) && !gone.has(path))
        problems.push(`I2: ${path}: ${first.name} has ${tree.get(path)}, ${other.name} has ${theirs.get(path)}`);
    const [a, b] = [conflictsOf(first), conflictsOf(other)];
    if (a !== b) problems.push(`I2: conflicts differ: ${first.name}: ${a}; ${other.name}: ${b}`);
  }
  return problems;
}

/** I10, I11, I12: nothing is left over, and nothing is named that is over. */
export function unfinished(devices: readonly SimulatedDevice[]): string[] {
  return devices.flatMap((device) => {
    const { name, fs, folder, index } = device;
    const problems: string[] = [];
    const staged = [...fs.user.tree(`${ROOT}/.syncd/staging`).keys()];
    if (staged.length > 0) problems.push(`${name} has ${staged.join(', ')} in staging`);
    const wanted = [...(index?.wantedAll() ?? [])];
    for (const { record, why, code } of wanted)
      if (code !== GONE) problems.push(`${name} wants ${record.path} (${record.entry.kind}): ${why} ${code ?? ''}`);
    for (const { path, code } of folder?.snapshot().skipped ?? [])
      if (code !== GONE) problems.push(`${name} skips ${path}: ${code}`);
    const condition = folder?.condition;
    if (condition?.kind !== 'idle') problems.push(`${name} is ${JSON.stringify(condition)}`);
    if (fs.openHandles > 0) problems.push(`${name} has ${fs.openHandles} open files`);
    return problems;
  });
}

export function goneFrom({ folder, index }: SimulatedDevice): string[] {
  const named = (folder?.snapshot().skipped ?? [])
    .filter(({ code }) => code === GONE)
    .map(({ path }) => path as string);
  const wanted = [...(index?.wantedAll() ?? [])].filter(({ code }) => code === GONE);
  return [...named, ...wanted.map(({ record }) => record.path)];
}

function conflictsOf({ folder }: SimulatedDevice): string {
  const conflicts = folder?.conflicts() ?? [];
  return conflicts.map(({ path, winner, lost }) => `${path} ${winner.at(-1)} ${lost.sha256.slice(0, 8)}`).join(', ');
}
