// The one list of error codes: what each means, what to do about it, and the exit status of syncctl. `syncctl explain`
// and docs/errors.md are made from it.

export interface ErrorEntry {
  /** What has happened, as a sentence without its particulars. */
  readonly meaning: string;
  /** What to do about it. */
  readonly hint: string;
  /** Exit status of a command that fails with it (PRODUCT.md, Exit codes). */
  readonly exit: 1 | 2 | 3 | 4 | 5;
}

const entry = (exit: ErrorEntry['exit'], meaning: string, hint: string): ErrorEntry => ({ meaning, hint, exit });

export const ERRORS = {
  E_USAGE: entry(2, 'The command was not used as it is meant.', 'See syncctl --help, or syncctl COMMAND --help.'),
  E_NOT_RUNNING: entry(
    3,
    'No daemon answers at the control socket.',
    'Start it: sudo systemctl start syncd; then look at journalctl -u syncd -n 20.',
  ),
  E_SOCKET_ACCESS: entry(
    3,
    'You may not use the control socket.',
    'Add yourself to its group (sudo usermod -aG syncd USER) and log in again.',
  ),
  E_TIMEOUT: entry(4, 'It was not done in time.', 'See syncctl status for what is missing; --timeout gives it longer.'),
  E_NO_PEER: entry(
    4,
    'No peer of the folder is connected.',
    'See syncctl peers; check the network and that the other daemon runs.',
  ),
  E_INTERNAL: entry(
    1,
    'Something failed that should not.',
    'Look at syncctl logs --level error; the folder tries again by itself.',
  ),
  E_CONFIG: entry(
    2,
    'The configuration is not valid.',
    'Correct what the message names, then syncctl reload; where the daemon did not start, syncd --check-config tries the files.',
  ),
  E_SERVICE: entry(
    2,
    'The service manager cannot be told how this daemon is.',
    'Install the package again, whose koffi fits this machine; or set Type=exec and WatchdogSec=0: systemctl edit syncd.',
  ),
  E_HOME_LOCKED: entry(1, 'Another daemon runs on this home.', 'Stop it first, or give this one another --home.'),
  E_HOME: entry(1, 'The home directory cannot be used.', 'Check that it exists and that the daemon may write to it.'),
  E_ADDRESS_IN_USE: entry(1, 'The address to listen on is taken.', 'Set another listen address, or listen: auto.'),
  E_NO_SUCH_FOLDER: entry(1, 'There is no folder of this name.', 'See syncctl folders.'),
  E_FOLDER_EXISTS: entry(
    1,
    'A folder of this name exists already.',
    'Choose another name, or change it with syncctl edit-folder.',
  ),
  E_FOLDER_NAME: entry(
    2,
    'This cannot be the name of a folder.',
    'Use letters, digits, dot, dash and underscore, at most 63.',
  ),
  E_FOLDER_NESTED: entry(
    1,
    'A folder lies inside another one, or is the same.',
    'Choose a path that is not inside another folder and holds none.',
  ),
  E_FOLDER_PATH: entry(
    1,
    'The path of the folder cannot be used.',
    'Check that it exists, is a directory, and that the daemon may read and write it.',
  ),
  E_STORAGE: entry(
    1,
    'A folder that a peer brings cannot be made: this device has no storage for it, or cannot use it.',
    'Set storage: in config.yaml to a directory that exists, that the daemon may write to and that is no folder, then syncctl reload.',
  ),
  E_FOLDER_LOCKED: entry(
    1,
    'Another daemon keeps this folder, or its last work from before it was closed here is not over.',
    'Stop the other daemon, or remove the folder there; what was closed here a moment ago goes on by itself.',
  ),
  E_FOLDER_IN_CONFIG: entry(
    1,
    'The folder is written in config.yaml, which commands never change.',
    'Change it there, then syncctl reload.',
  ),
  E_PEER_IN_CONFIG: entry(
    1,
    'The peer is written in config.yaml, which commands never change.',
    'Change it there, then syncctl reload.',
  ),
  E_NO_SUCH_PEER: entry(1, 'There is no such peer.', 'See syncctl peers.'),
  E_AMBIGUOUS: entry(2, 'More than one thing begins so.', 'Give more of the name or ID.'),
  E_INVITATION: entry(2, 'This is not an invitation.', 'Copy the whole line that syncctl invite printed, in quotes.'),
  E_INVITATION_REFUSED: entry(
    1,
    'The invitation was refused: it was used, has expired, or is not from there.',
    'Ask for a new one: syncctl invite FOLDER.',
  ),
  E_UNREACHABLE: entry(
    1,
    'The other device cannot be reached.',
    'Check that its daemon runs and that its address and port are open from here.',
  ),
  E_WRONG_KEY: entry(
    1,
    'Another device than the expected one answers there.',
    'Check the address; if that device got a new key, pair it again.',
  ),
  E_JOIN_PENDING: entry(
    5,
    'A join has begun and is not finished: the inviter did not answer, or something failed here.',
    'Nothing, if what the message names passes: it is tried again by itself. Or join again; syncctl remove-folder FOLDER gives it up.',
  ),
  E_NOT_TRUSTED: entry(1, 'The device is not paired here.', 'Pair it with syncctl invite and syncctl join.'),
  E_NOT_SHARED: entry(1, 'The folder is not shared with this device.', 'Invite it: syncctl invite FOLDER.'),
  E_REMOVED: entry(1, 'The peer has removed this device.', 'Pair again if that was not meant.'),
  E_TWIN: entry(5, 'Two devices use one identity.', 'Delete state/ of the copy and pair it anew.'),
  E_PROTOCOL: entry(1, 'The peer sent what the protocol does not allow.', 'Check that both run the same version.'),
  E_PROTOCOL_VERSION: entry(
    1,
    'The peer speaks no version of the protocol that this one does.',
    'Upgrade the older of the two.',
  ),
  E_FRAME_TOO_LARGE: entry(
    1,
    'The peer sent more in one message than is allowed.',
    'Check that both run the same version.',
  ),
  E_UNKNOWN_TYPE: entry(1, 'The peer sent a message of an unknown type.', 'Nothing: it is newer and goes on without.'),
  E_PEER_SLOW: entry(1, 'The peer did not read what was sent.', 'Nothing: it is connected again when it answers.'),
  E_PEER_SILENT: entry(1, 'Nothing was heard from the peer for 30 s.', 'Nothing: it is dialled again.'),
  E_ROOT_MISSING: entry(
    5,
    "The folder's directory, or its marker .syncd/id, is missing.",
    'Mount or restore it: the folder goes on by itself. If it is gone for good: syncctl remove-folder.',
  ),
  E_ROOT_FOREIGN: entry(
    5,
    "The folder's directory carries the marker of another folder.",
    'Check which disk is mounted there; the folder goes on by itself when it is the right one.',
  ),
  E_MASS_DELETE: entry(
    5,
    'More was deleted at once than max_delete allows; the deletion is held.',
    'syncctl approve FOLDER lets it through, syncctl reject FOLDER brings the files back.',
  ),
  E_SCHEDULE: entry(
    5,
    'The folder is outside of its schedule.',
    'Nothing: it goes on by itself. syncctl sync FOLDER syncs it once, now.',
  ),
  E_PAUSED: entry(5, 'The folder is paused.', 'syncctl resume FOLDER.'),
  E_INDEX: entry(
    5,
    "The folder's index could not be used.",
    'It was set aside and is made anew; nothing is deleted by that.',
  ),
  E_INDEX_NEWER: entry(
    5,
    'The index was written by a newer version.',
    'Install that version again, or remove the folder and add it anew.',
  ),
  E_DISK_FULL: entry(5, 'The disk is full.', 'Make room: it goes on by itself.'),
  E_VERSIONS_FULL: entry(
    5,
    'The older contents take all the room that they may, or those of this path half of it, and none is older than a day: the change waits.',
    'Give them more (syncctl edit-folder FOLDER --set versions.max_size=20%), or make room on the disk: it goes on by itself.',
  ),
  E_TOO_LARGE: entry(
    5,
    'The file is larger than this version can receive (781 GiB).',
    'Split it, or move it out of the folder.',
  ),
  E_READ_ONLY: entry(5, 'The file system is mounted read-only.', 'Remount it read-write: it goes on by itself.'),
  E_IO: entry(5, 'The disk reported an error.', 'Look at dmesg; nothing is deleted because of it.'),
  E_ACCESS: entry(
    5,
    'The daemon may not read or write there.',
    'Give it the right (chmod, chown), it goes on by itself.',
  ),
  E_UNREADABLE: entry(5, 'A path could not be read.', 'It is left as it is everywhere and tried again.'),
  E_NAME: entry(
    5,
    'The name is not UTF-8, or longer than others can hold.',
    'Rename it; until then it stays on this device only.',
  ),
  E_KIND: entry(
    5,
    'A pipe, a socket or a device: not a thing that can be synced.',
    'Nothing, or move it out of the folder.',
  ),
  E_LINK_TARGET: entry(
    5,
    "The link's target is not UTF-8.",
    'Make the link anew; until then it stays on this device only.',
  ),
  E_IGNORE_RULES: entry(
    5,
    'A .syncignore file, or a line of it, cannot be used: it is too long, or there are too many.',
    'Make it smaller: at most 64 KiB and 1000 patterns a file. What it said before holds on; its other lines count.',
  ),
  E_IGNORED: entry(1, 'The path is not synced here.', 'Change the filter of the folder first, or write it to a file.'),
  E_DIR_KEPT: entry(
    5,
    'A directory deleted elsewhere stays, because it holds what is not synced.',
    'Remove what is in it, or leave it.',
  ),
  E_DAMAGED: entry(
    5,
    'A file was damaged on its disk, or a power loss has taken it away; it is fetched again from a peer.',
    'Connect a peer that has it. If no device has it any more, write it anew, or make it and remove it: that settles it.',
  ),
  E_NO_SOURCE: entry(
    5,
    'A file was announced, and no device of the folder has its content any more.',
    'It is tried again by itself. To settle it, write the file anew, or make it and remove it.',
  ),
  E_CHANGING: entry(5, 'The file changes while it is read.', 'Nothing: it is sent when it rests.'),
  E_CROSS_DEVICE: entry(
    5,
    'A mount point lies inside the folder: it has come or gone, or something would have to be written across it.',
    'Mount it again; if it is meant to be so from now on, syncctl remove-folder and add-folder (files stay). What lies on another file system is sent, and never written to: make it a folder of its own.',
  ),
  E_NAME_TAKEN: entry(5, 'The file system takes two names for one.', 'Rename one of them.'),
  E_NO_SUCH_PATH: entry(1, 'Nothing is known of this path.', 'See syncctl history FOLDER.'),
  E_NOTHING_TO_UNDO: entry(
    1,
    'There is no change of another device that could be undone.',
    'See syncctl history FOLDER. What was changed on this device is undone on one that received it.',
  ),
  E_NO_SUCH_VERSION: entry(1, 'There is no such version.', 'See syncctl history FOLDER PATH.'),
  E_CONFLICT: entry(
    5,
    'A path was changed in two places at once. One content is in the folder, the other is kept.',
    'syncctl conflicts FOLDER lists them, syncctl resolve FOLDER PATH --keep local|remote|both settles one.',
  ),
  E_NO_CONFLICT: entry(1, 'This path is not in conflict.', 'See syncctl conflicts.'),
  E_VERSION_GONE: entry(
    1,
    'The content of this version is no longer kept.',
    'Choose another: syncctl history FOLDER PATH.',
  ),
  E_NOT_HELD: entry(1, 'No deletion is held in this folder.', 'See syncctl status.'),
  E_ROLE: entry(
    5,
    'The role of a device, or the mode of the folder, does not allow the change. What was created so stays where it is, and is not synced.',
    'Move it out of the folder, ask the device that granted the role for more, or see mode: of the folder.',
  ),
  E_OVERRULED: entry(
    5,
    'The configuration proposes another authority or conflict rule than all devices of the folder hold.',
    'Take it out of the configuration here, or set it for all: syncctl edit-folder FOLDER --set KEY=VALUE.',
  ),
  E_WATCH_LIMIT: entry(
    5,
    'There are more directories than inotify may watch.',
    'sudo sysctl fs.inotify.max_user_watches=1048576; until then changes are found by scanning.',
  ),
  E_WATCH_INSTANCES: entry(
    5,
    'No inotify instance is left.',
    'sudo sysctl fs.inotify.max_user_instances=1024; until then changes are found by scanning.',
  ),
  E_NOTIFY: entry(
    5,
    'A command or desktop notice of notify failed.',
    'Try the command by hand as the user of the daemon; syncctl logs shows what it said.',
  ),
  E_WATCH_FAILED: entry(5, 'Watching does not work here.', 'Nothing: changes are found by scanning.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** An expected failure, with its code and the particulars: which file, which peer, what was found. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;
  readonly hint: string;
  constructor(code: ErrorCode, message: string, hint: string = ERRORS[code].hint) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
