// All disk work that a worker can be asked for, by name.
import { checkAccess, mayMake } from './access.ts';
import { apply } from './apply.ts';
import { assemble } from './assemble.ts';
import { changedDirectories } from './changed-directories.ts';
import { copyOut, finishDirectories, makeTarget } from './copy-out.ts';
import { lookInto, lookIntoStaged } from './look-into.ts';
import { makeManifest } from './manifest-job.ts';
import { beginPart, hashNext, writeNext } from './new-part.ts';
import { glance, observe } from './observe.ts';
import { openPart, writePieces } from './parts.ts';
import { deviceAt, mountTypeOf, probeRoot, syncTree } from './probe.ts';
import { readRanges, readWhole } from './read.ts';
import { readRules } from './read-rules.ts';
import { recover } from './recover.ts';
import { lookAtRoom, prepareRoot, rootChain } from './root.ts';
import { scan } from './scan.ts';
import { stage, unstage } from './stage.ts';
import { lookAtStorage } from './storage.ts';
import { listStored, lookAtStored } from './stored-versions.ts';
import { copyVersionOut, lookAtVersion } from './versions-out.ts';
import { areUnclaimedTexts, listUnclaimed, readUnclaimed, readUnclaimedRules } from './unclaimed.ts';
import { mergeFiles, packTexts } from './text-jobs.ts';
import { dropVersions, lookAtVersions } from './versions.ts';

export const jobs = [
  apply,
  assemble,
  changedDirectories,
  checkAccess,
  mayMake,
  makeManifest,
  observe,
  glance,
  lookInto,
  lookIntoStaged,
  readRules,
  beginPart,
  writeNext,
  hashNext,
  openPart,
  writePieces,
  readRanges,
  readWhole,
  recover,
  prepareRoot,
  rootChain,
  probeRoot,
  deviceAt,
  mountTypeOf,
  syncTree,
  lookAtRoom,
  scan,
  lookAtStorage,
  stage,
  unstage,
  listUnclaimed,
  readUnclaimed,
  readUnclaimedRules,
  areUnclaimedTexts,
  dropVersions,
  listStored,
  lookAtStored,
  lookAtVersions,
  lookAtVersion,
  copyVersionOut,
  copyOut,
  finishDirectories,
  makeTarget,
  packTexts,
  mergeFiles,
] as const;
