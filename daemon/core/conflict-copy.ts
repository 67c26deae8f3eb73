// Where a conflict's loser stands beside the winner, under a name that says what it is: `plan.conflict-20261112-184003-
// K5QXM2Z.txt` is what the device K5QXM2Z… had edited then (UTC). Name and record follow from the loser alone, so whoever
// puts it there puts the same there, and whoever has deleted it has deleted it for all.
import { encodeBase32 } from './base32.ts';
import { lostContent } from './conflict.ts';
import type { Epoch, Sha256 } from './ids.ts';
import { MAX_NAME_BYTES, type RelativePath, nameOf, parentOf, parseRelativePath } from './path.ts';
import { type FileRecord, type LostContent, isLive } from './record.ts';
import type { VersionVector } from './version-vector.ts';

/** What a name of ours holds. Copies of copies would fill a folder with what nobody can tell apart: there are none. */
const COPY = /\.conflict-\d{8}-\d{6}-[A-Z2-7]{7}(?:\.|$)/;
const SHOWN_ID = 7;
const EPOCH_BYTES = 10;
/** Of the times that a date can be written of. */
const LATEST_MS = Date.UTC(9999, 11, 31);

/** Undefined where there is no room for it, and beside what is itself such a copy. */
export function copyPath(
  path: RelativePath,
  { stamp, origin }: Pick<LostContent, 'stamp' | 'origin'>,
): RelativePath | undefined {
  const name = nameOf(path);
  if (COPY.test(name)) return undefined;
  const time = new Date(Math.min(Math.max(stamp, 0), LATEST_MS)).toISOString().replaceAll(/[-:]|\..*/g, '');
  const mark = `.conflict-${time.replace('T', '-')}-${origin.slice(0, SHOWN_ID)}`;
  // Programs go by the end of a name. What begins with a dot has none by that.
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const parent = parentOf(path);
  const made = fitted(stem, mark + ending);
  const parsed = made === undefined ? undefined : parseRelativePath(parent === '' ? made : `${parent}/${made}`);
  return parsed?.ok === true ? parsed.path : undefined;
}

/** The stem is shortened where the name would be too long, at a character's border. */
function fitted(stem: string, rest: string): string | undefined {
  const characters = [...stem];
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  while (characters.length > 1 && bytes(characters.join('')) + bytes(rest) > MAX_NAME_BYTES) characters.pop();
  const name = characters.join('') + rest;
  return bytes(name) <= MAX_NAME_BYTES ? name : undefined;
}

/** The loser as a file of its own. Undefined where it has no content, or no place. */
export function copyOf(loser: FileRecord, hash: (text: string) => Sha256): FileRecord | undefined {
  const [lost] = lostContent(loser, hash);
  const path = lost === undefined ? undefined : copyPath(loser.path, lost);
  if (lost === undefined || path === undefined || !isLive(loser)) return undefined;
  const { entry, origin, stamp } = loser;
  const maker = epochOf(lost.sha256);
  // Counted under its content: the same for everybody, and under what everybody may make of it later.
  const vector: VersionVector = [[maker, 1]];
  return { path, entry, vector, origin, maker, stamp, mark: false, lost: [] };
}

function epochOf(sha256: Sha256): Epoch {
  return encodeBase32(Buffer.from(sha256.slice(0, 2 * EPOCH_BYTES), 'hex')) as Epoch;
}
