// The name of the user who runs this program.
import { userInfo } from 'node:os';

/** Where nobody has named the user (in a container, for one), the number. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}
