// Planted bugs of the disk work: guards, taking a place, versions, what is read and what is believed.
import type { Mutation } from './mutation.ts';

const APPLY = 'daemon/disk/apply.ts';
const PUT = 'daemon/disk/put.ts';
const OUTCOME = 'daemon/disk/outcome.ts';
const VERSIONS = 'daemon/disk/versions.ts';

export const DISK: readonly Mutation[] = [
  {
    name: 'no-lstat-guard',
    breaks: 'what is at a place is not looked at, neither before nor after it is taken',
    invariant: 'I1',
    within: 'few paths and lost hints',
    edits: [
      {
        file: OUTCOME,
        find: 'return seen !== undefined && looksSame(expect, seen);',
        replace: 'return seen !== undefined;',
      },
      {
        file: OUTCOME,
        find: "return expect.kind === 'dir' ? seen.kind === 'dir' : sameFile(expect, seen);",
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'rename-over',
    breaks: 'a new version is renamed over the old one, which is gone',
    invariant: 'I1',
    within: 'two devices',
    edits: [
      {
        file: PUT,
        find: "  try {\n    staging.rename(staged, place.dir, place.name, 'exchange');\n  } catch (error) {\n    if (errnoOf(error) !== 'EINVAL') throw error;\n    return putByLink(tree, staging, place, operation, ours);\n  }\n  // The old",
        replace:
          "  if (now?.kind !== 'dir') {\n    staging.rename(staged, place.dir, place.name, 'replace');\n    return placed(place, ours);\n  }\n  staging.rename(staged, place.dir, place.name, 'exchange');\n  // The old",
      },
    ],
  },
  {
    name: 'rename-over-the-new',
    breaks: 'a new file is renamed over whatever came to its place in the meantime',
    invariant: 'I1',
    within: 'meddling',
    edits: [
      {
        file: PUT,
        find: '    moveWithoutReplacing(staging, staged, place.dir, place.name);\n    return placed(place, ours);\n  }\n  try',
        replace:
          "    staging.rename(staged, place.dir, place.name, 'replace');\n    return placed(place, ours);\n  }\n  try",
      },
    ],
  },
  {
    name: 'version-not-kept',
    breaks: 'what was replaced is removed instead of filed',
    invariant: 'I1',
    within: 'two devices',
    edits: [
      {
        file: PUT,
        find: '  let filed: Filed;\n  try {',
        replace:
          "  let filed: Filed;\n  if (ours.kind === 'file' && old.kind === 'file') {\n    staging.remove(staged, 'file');\n    return placed(place, ours);\n  }\n  try {",
      },
    ],
  },
  {
    name: 'deleted-for-good',
    breaks: 'a deletion removes the file instead of filing it',
    invariant: 'I1',
    within: 'two devices',
    edits: [
      {
        file: APPLY,
        find: '  let filed: Filed;\n',
        replace:
          "  place.dir.remove(place.name, 'file');\n  if (path !== undefined) return { kind: 'done', seen: undefined, filed: [] };\n  let filed: Filed;\n",
      },
    ],
  },
  {
    name: 'remembers-what-is-there-now',
    breaks: 'what is at a place after it was taken counts as what was put there, whoever wrote it since',
    invariant: 'I1',
    within: 'meddling',
    edits: [
      { file: OUTCOME, find: 'seen: isSamePut(before, after) ? after : before, filed', replace: 'seen: after, filed' },
    ],
  },
  {
    name: 'removed-with-all-in-it',
    breaks: 'a directory is removed with what nobody has looked at in it',
    invariant: 'I1',
    within: 'meddling',
    edits: [
      {
        file: APPLY,
        find: "  try {\n    place.dir.remove(place.name, 'dir');",
        replace:
          "  try {\n    const inside = place.dir.openDir(place.name);\n    for (const { name } of inside.list()) if (inside.lstat(name).kind === 'file') inside.remove(name, 'file');\n    inside.close();\n    place.dir.remove(place.name, 'dir');",
      },
    ],
  },
  {
    name: 'version-overwritten',
    breaks: 'a version takes the place of an older one of the same path',
    invariant: 'I1',
    within: 'two devices',
    edits: [
      {
        file: VERSIONS,
        find: 'const stored = versionName(nameOf(path), id);',
        replace: 'const stored = nameOf(path);',
      },
      {
        file: VERSIONS,
        find: "    dir.rename(name, store, stored, 'noreplace');",
        replace: "    dir.rename(name, store, stored, 'replace');",
      },
    ],
  },
  {
    name: 'every-failure-is-absence',
    breaks: 'what cannot be opened for want of a descriptor or of rights counts as not there',
    invariant: 'I4',
    within: 'failing disks',
    edits: [
      {
        file: 'daemon/disk/errno.ts',
        find: "return errno === 'ENOENT' || errno === 'ENOTDIR';",
        replace:
          "return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EMFILE' || errno === 'EACCES' || errno === 'EIO';",
      },
    ],
  },
];
