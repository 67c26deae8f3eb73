// Who this daemon is, and what it sees, at a path that it cannot use.
import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { ServiceUnit } from '../../protocol/service-unit.ts';
import { ownUnit } from './own-unit.ts';
import { type Sandboxed, sandboxedAt } from './sandbox.ts';

export interface Surroundings {
  readonly unit: ServiceUnit | undefined;
  readonly sandboxed: Sandboxed | undefined;
  /** The daemon's user. */
  readonly user: string;
  /** Whose the directory is, by number, where it was asked for and can be seen. */
  readonly owner?: number | undefined;
}

/** Asks nothing of the disk, which may not answer. */
export function surroundingsOf(path: string): Surroundings {
  return { unit: ownUnit(), sandboxed: sandboxedAt(path), user: userName() };
}

export async function ownerOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

/** Where nobody has named the user (in a container, for one), the number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}
