// All planted bugs. Each stands for one that has cost somebody data, or for a rule that keeps one of the invariants.
import { CORE } from './core.ts';
import { DISK } from './disk.ts';
import { FOLDER } from './folder.ts';
import { INDEX } from './index-rows.ts';
import type { Mutation } from './mutation.ts';
import { TRANSFER } from './transfer.ts';

export const MUTATIONS: readonly Mutation[] = [...CORE, ...INDEX, ...FOLDER, ...DISK, ...TRANSFER];
