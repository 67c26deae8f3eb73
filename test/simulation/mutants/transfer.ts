// Planted bugs of bringing contents: what is verified, from whom, and what is done with what came.
import type { Mutation } from './mutation.ts';

const STAGE = 'daemon/disk/stage.ts';
const READ = 'daemon/disk/read.ts';

export const TRANSFER: readonly Mutation[] = [
  {
    name: 'bytes-not-verified',
    breaks: 'what a peer sends is not compared with what it announced, and what it reads neither',
    invariant: 'I5',
    within: 'two devices',
    edits: [
      {
        file: STAGE,
        find: "if (hash('sha256', bytes, 'hex') !== entry.sha256) return false;",
        replace: '',
      },
      { file: STAGE, find: 'if (bytes.length !== entry.size) return false;', replace: '' },
      {
        file: READ,
        find: "if (hash('sha256', bytes, 'hex') !== sha256) return undefined;",
        replace: 'if (sha256 === undefined) return undefined;',
      },
      {
        file: READ,
        find: 'if (seen === undefined || !(sameFile(known, seen) || isGrown(known, seen))) return false;',
        replace: 'if (seen === undefined) return false;',
      },
    ],
  },
];
