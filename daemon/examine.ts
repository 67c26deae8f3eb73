// What `syncctl doctor` judges: the machine's limits, the state directory, and what each folder says of itself.
import type { Examination } from './control/daemon-port.ts';
import type { ControlledFolder } from './folder/view.ts';
import { machineLimits } from './system/machine-limits.ts';
import { RealFileSystem } from './system/file-system.ts';

export async function examine(
  program: string,
  stateDir: string,
  folders: Iterable<ControlledFolder>,
): Promise<Examination> {
  const fs = new RealFileSystem();
  const dir = fs.openRoot(stateDir);
  try {
    const state = { path: stateDir, mode: dir.lstat().mode & 0o777, ...fs.space(dir) };
    const examined = await Promise.all([...folders].map((folder) => folder.examine()));
    return { program, limits: machineLimits(), state, folders: examined };
  } finally {
    dir.close();
  }
}
