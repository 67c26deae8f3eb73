// The table of the API: for each route of protocol/control.ts how its fields are read, and who answers.
import { type Answer, type Asked, MAX_BODY_BYTES, MAX_WAIT_SECONDS, type RouteName } from '../../protocol/control.ts';
import type { Clock } from '../ports/clock.ts';
import { checkConfig, reload } from './configuration.ts';
import type { ControlledDaemon } from './daemon-port.ts';
import { doctor, health, verify } from './doctor.ts';
import { type EventFeed, MAX_EVENTS, events } from './events.ts';
import type { Fields } from './fields.ts';
import {
  MODES,
  addFolder,
  editFolder,
  listFolders,
  pauseFolders,
  removeFolder,
  resumeFolders,
  settleHold,
  surveyFolder,
  syncFolders,
} from './folders.ts';
import { KEEPS, MAX_HISTORY_LIMIT, conflicts, history, resolve, restore, undo, versions } from './history.ts';
import { LEVELS, logs } from './logs.ts';
import { MAX_EXPIRY_S, ROLES, invite, join, previewJoin } from './pairing.ts';
import { listPeers, removePeer } from './peers.ts';
import { plan, planSettings, why } from './plan.ts';
import { overview, status } from './status.ts';
import { waitFor } from './waiting.ts';

/** What answers are made from. */
export interface Served {
  readonly daemon: ControlledDaemon;
  readonly feed: EventFeed;
  readonly clock: Clock;
}

/** One value, or for a stream one a line. */
type Given<Name extends RouteName> = Answer<Name> | Promise<Answer<Name>>;
type Handler<Name extends RouteName> = Name extends 'events' | 'logs' | 'verify'
  ? (served: Served, fields: Fields, signal: AbortSignal) => AsyncIterable<Answer<Name>>
  : (served: Served, fields: Fields, signal: AbortSignal) => Given<Name>;

const all = Number.MAX_SAFE_INTEGER;

export const handlers: { readonly [Name in RouteName]: Handler<Name> } = {
  status: ({ daemon, clock }, fields) => status(daemon, clock, only(fields)),
  overview: ({ daemon, clock }, fields) => overview(daemon, clock, only(fields)),
  folders: ({ daemon }, fields) => (fields.end(), listFolders(daemon)),
  addFolder: ({ daemon }, fields) => addFolder(daemon, readNewFolder(fields)),
  surveyFolder: ({ daemon }, fields, signal) => surveyFolder(daemon, readNewFolder(fields), signal),
  editFolder: ({ daemon }, fields) =>
    editFolder(daemon, read(fields, { folder: fields.text('folder'), set: fields.texts('set') })),
  removeFolder: ({ daemon }, fields) => removeFolder(daemon, read(fields, { folder: fields.text('folder') })),
  sync: ({ daemon }, fields) => syncFolders(daemon, only(fields)),
  wait: ({ daemon, clock }, fields, signal) =>
    waitFor(
      daemon,
      clock,
      read(fields, {
        folder: fields.optionalText('folder'),
        timeout_s: fields.optionalNumber('timeout_s', { min: 0, max: MAX_WAIT_SECONDS }),
      }),
      signal,
    ),
  plan: ({ daemon }, fields) => plan(daemon, only(fields)),
  planSettings: ({ daemon }, fields, signal) =>
    planSettings(daemon, read(fields, { folder: fields.text('folder'), set: fields.texts('set') }), signal),
  why: ({ daemon }, fields) => why(daemon, read(fields, { folder: fields.text('folder'), path: fields.text('path') })),
  pause: ({ daemon }, fields) => pauseFolders(daemon, only(fields)),
  resume: ({ daemon }, fields) => resumeFolders(daemon, only(fields)),
  approve: ({ daemon }, fields) => settleHold(daemon, read(fields, fields.text('folder')), 'approve'),
  reject: ({ daemon }, fields) => settleHold(daemon, read(fields, fields.text('folder')), 'reject'),
  peers: ({ daemon }, fields) => (fields.end(), listPeers(daemon)),
  removePeer: ({ daemon }, fields) => removePeer(daemon, read(fields, fields.text('peer'))),
  invite: ({ daemon }, fields) =>
    invite(
      daemon,
      read(fields, {
        folders: fields.texts('folders'),
        role: fields.optionalOneOf('role', ROLES),
        private: fields.flag('private'),
        expires_s: fields.optionalNumber('expires_s', { min: 1, max: MAX_EXPIRY_S }),
        addresses: fields.texts('addresses'),
      }),
    ),
  previewJoin: ({ daemon }, fields, signal) => {
    const quick = fields.flag('quick');
    return previewJoin(daemon, { ...readJoin(fields), quick }, signal);
  },
  join: ({ daemon }, fields) => join(daemon, readJoin(fields)),
  history: ({ daemon }, fields) => {
    const since = fields.optionalTime('since');
    const asked = read(fields, {
      folder: fields.optionalText('folder'),
      path: fields.optionalText('path'),
      limit: fields.optionalNumber('limit', { min: 1, max: MAX_HISTORY_LIMIT }),
    });
    return history(daemon, asked, since);
  },
  versions: ({ daemon }, fields) =>
    versions(daemon, read(fields, { folder: fields.text('folder'), path: fields.text('path') })),
  restore: ({ daemon }, fields) => {
    const at = fields.optionalTime('at');
    const asked = read(fields, {
      folder: fields.text('folder'),
      path: fields.text('path'),
      version: fields.optionalText('version'),
      to: fields.optionalText('to'),
      dry_run: fields.flag('dry_run'),
    });
    return restore(daemon, asked, at);
  },
  undo: ({ daemon }, fields) => {
    const since = fields.optionalTime('since');
    const asked = read(fields, {
      folder: fields.text('folder'),
      last: fields.flag('last'),
      id: fields.optionalText('id'),
      dry_run: fields.flag('dry_run'),
    });
    return undo(daemon, asked, since);
  },
  conflicts: ({ daemon }, fields) => conflicts(daemon, only(fields)),
  resolve: ({ daemon }, fields) =>
    resolve(
      daemon,
      read(fields, {
        folder: fields.text('folder'),
        path: fields.text('path'),
        keep: fields.oneOf('keep', KEEPS),
      }),
    ),
  health: ({ daemon, clock }, fields) => (fields.end(), health(daemon, clock)),
  doctor: ({ daemon }, fields) => doctor(daemon, only(fields)),
  verify: ({ daemon }, fields, signal) => {
    const asked = read(fields, { folder: fields.optionalText('folder'), repair: fields.flag('repair') });
    return verify(daemon, asked, signal);
  },
  events: ({ daemon, feed }, fields, signal) => {
    const asked = read(fields, {
      follow: fields.flag('follow'),
      since: fields.optionalNumber('since', { min: 0, max: all }),
      limit: fields.optionalNumber('limit', { min: 0, max: MAX_EVENTS }),
    });
    return events(daemon, feed, asked, signal);
  },
  logs: ({ daemon }, fields, signal) => {
    const asked = read(fields, {
      follow: fields.flag('follow'),
      level: fields.optionalOneOf('level', LEVELS),
      limit: fields.optionalNumber('limit', { min: 0, max: all }),
    });
    return logs(daemon.logs, asked, signal);
  },
  config: ({ daemon }, fields) => (fields.end(), daemon.effectiveConfig()),
  checkConfig: ({ daemon }, fields) =>
    checkConfig(
      daemon,
      read(fields, { text: fields.optionalText('text', MAX_BODY_BYTES), file: fields.optionalText('file') }),
    ),
  reload: ({ daemon }, fields) => (fields.end(), reload(daemon)),
};

/** `asked`, once nothing else is in the request. Arguments are evaluated first: all fields have been taken by then. */
function read<Value>(fields: Fields, asked: Value): Value {
  fields.end();
  return asked;
}

function only(fields: Fields): string | undefined {
  return read(fields, fields.optionalText('folder'));
}

function readNewFolder(fields: Fields): Parameters<typeof addFolder>[1] {
  return read(fields, {
    name: fields.text('name'),
    path: fields.text('path'),
    profile: fields.optionalText('profile'),
    mode: fields.optionalOneOf('mode', MODES),
    ignore: fields.texts('ignore'),
    set: fields.texts('set'),
  });
}

function readJoin(fields: Fields): Asked<'join'> {
  return read(fields, {
    invitation: fields.text('invitation'),
    path: fields.optionalText('path'),
    as: fields.optionalText('as'),
    cwd: fields.optionalText('cwd'),
  });
}
