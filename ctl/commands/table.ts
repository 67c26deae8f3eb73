// The table of commands, in the order of the help: set up, look, act, bring back, watch, configure.
import type { Command } from '../command.ts';
import { addFolder } from './add-folder.ts';
import { approve } from './approve.ts';
import { completion } from './completion.ts';
import { configCheck } from './config-check.ts';
import { configShow } from './config-show.ts';
import { conflicts } from './conflicts.ts';
import { resolve } from './resolve.ts';
import { doctor } from './doctor.ts';
import { editFolder } from './edit-folder.ts';
import { events } from './events.ts';
import { explain } from './explain.ts';
import { folders } from './folders.ts';
import { health } from './health.ts';
import { history } from './history.ts';
import { invite } from './invite.ts';
import { join } from './join.ts';
import { logs } from './logs.ts';
import { pause } from './pause.ts';
import { peers } from './peers.ts';
import { plan } from './plan.ts';
import { reject } from './reject.ts';
import { reload } from './reload.ts';
import { removeFolder } from './remove-folder.ts';
import { removePeer } from './remove-peer.ts';
import { restore } from './restore.ts';
import { resume } from './resume.ts';
import { setup } from './setup.ts';
import { status } from './status.ts';
import { sync } from './sync.ts';
import { top } from './top.ts';
import { undo } from './undo.ts';
import { wait } from './wait.ts';

export const commands: readonly Command[] = [
  status,
  addFolder,
  editFolder,
  removeFolder,
  folders,
  invite,
  join,
  peers,
  removePeer,
  sync,
  wait,
  plan,
  pause,
  resume,
  approve,
  reject,
  history,
  restore,
  undo,
  conflicts,
  resolve,
  events,
  top,
  logs,
  doctor,
  health,
  configShow,
  configCheck,
  reload,
  setup,
  completion(() => commands),
  explain,
];
