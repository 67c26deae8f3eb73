// The door between wire and core: what a peer's message means inside, and how ours are written. Brands from the wire are
// made here and in wire-record.ts, and nowhere else. The schemas have checked shapes and ranges; here is checked what
// they cannot say.
import { MAX_INLINE_BYTES, MAX_REFUSED } from '../../protocol/limits.ts';
import type {
  Ack,
  Chunk,
  ChunkRequest as WireChunkRequest,
  ErrorMessage,
  FileDelete,
  FileMove,
  FileUpdate,
  Frame,
  Index,
  Joined,
  WireCommon,
} from '../../protocol/messages.ts';
import { CONFLICT_RULES, type CommonSetting } from '../core/common-setting.ts';
import { type FolderDigest, parseDigest } from '../core/digest.ts';
import {
  type DeviceId,
  type FolderName,
  type Run,
  type Sequence,
  parseDeviceId,
  parseFolderName,
  parseSha256,
} from '../core/ids.ts';
import { parseRelativePath } from '../core/path.ts';
import type { FileRecord } from '../core/record.ts';
import type { ConflictRule, Role } from '../core/settings.ts';
import type {
  Acknowledgement,
  Announcement,
  ChunkAnswer,
  ChunkRequest,
  IndexOffer,
  RefusedAnnouncement,
} from '../ports/peers.ts';
import {
  type Refusal,
  device,
  epoch,
  liveRecord,
  run,
  sequence,
  tombstone,
  violation,
  wireLive,
  wireVersion,
} from './wire-record.ts';

export function indexOffer(message: Index): IndexOffer {
  const { have, role, asks, zstd, parts, scanning } = message;
  return {
    epoch: epoch(message.epoch),
    seq: sequence(message.seq),
    ...inRun(message),
    entries: message.entries,
    have: have && { epoch: epoch(have.epoch), seq: sequence(have.seq), ...inRun(have) },
    ...(role !== undefined && { role }),
    ...(asks !== undefined && { asks }),
    ...(zstd !== undefined && { zstd }),
    ...(parts !== undefined && { parts }),
    ...(scanning !== undefined && { scanning }),
    ...commonIn(message),
  };
}

export function indexMessage(folder: FolderName, offer: IndexOffer, reply: boolean): Index {
  const { have, common, ...rest } = offer;
  return {
    type: 'INDEX',
    folder,
    ...rest,
    ...(have !== undefined && { have }),
    ...(common !== undefined && { common }),
    reply,
  };
}

function inRun({ run: name }: { readonly run?: string }): { readonly run?: Run } {
  return name === undefined ? {} : { run: run(name) };
}

/** Nothing where the rule is one that this version does not know: ours stays. */
function commonIn({ common }: Index): { readonly common?: CommonSetting } {
  const rule = CONFLICT_RULES.find((one) => one === common?.conflict.value);
  return common === undefined || rule === undefined ? {} : { common: commonSetting(common, rule) };
}

function commonSetting({ authority, conflict }: WireCommon, rule: ConflictRule): CommonSetting {
  return {
    authority: { value: device(authority.value), stamp: authority.stamp, by: device(authority.by) },
    conflict: { value: rule, stamp: conflict.stamp, by: device(conflict.by) },
  };
}

/** One message may be two announcements (a move), or none, when all of it is refused. */
export function announcements(
  message: FileUpdate | FileDelete | FileMove,
  payload: Uint8Array | undefined,
): { readonly accepted: readonly Announcement[]; readonly refused: readonly Refusal[] } {
  const accepted: Announcement[] = [];
  const refused: Refusal[] = [];
  const take = (seq: number, found: FileRecord | Refusal, more: Partial<Announcement>): boolean => {
    const ok = !('code' in found);
    if (ok) accepted.push({ seq: sequence(seq), record: found, ...more });
    else refused.push(found);
    return ok;
  };
  switch (message.type) {
    case 'FILE_UPDATE':
      take(message.seq, liveRecord(message.record), contentOf(message, payload));
      break;
    case 'FILE_DELETE':
      take(message.seq, tombstone(message.record, message.hold), {});
      break;
    case 'FILE_MOVE': {
      const from = tombstone(message.from);
      const begun = take(message.fromSeq, from, {});
      take(message.seq, liveRecord(message.to), begun && 'path' in from ? { movedFrom: from.path } : {});
    }
  }
  return { accepted, refused };
}

/** A tombstone followed by the record that its content became is one FILE_MOVE; every other announcement is one frame. */
export function announcementFrames(folder: FolderName, announced: readonly Announcement[]): Frame[] {
  const frames: Frame[] = [];
  for (let i = 0; i < announced.length; i++) {
    const one = announced[i];
    const next = announced[i + 1];
    if (one === undefined) continue;
    const to = next?.movedFrom === one.record.path ? wireLive(next.record) : undefined;
    if (next !== undefined && to !== undefined && one.record.entry.kind === 'absent') {
      const from = wireVersion(one.record);
      const message: FileMove = { type: 'FILE_MOVE', folder, fromSeq: one.seq, seq: next.seq, from, to };
      frames.push({ message, payload: undefined });
      i++;
    } else {
      frames.push(announcementFrame(folder, one));
    }
  }
  return frames;
}

function contentOf({ zstd, record }: FileUpdate, payload: Uint8Array | undefined): Partial<Announcement> {
  if (payload === undefined) return {};
  if (zstd !== true) return { content: payload };
  // What came along must be bounded by the schema when it is unpacked, too.
  return record.kind === 'file' && record.size <= MAX_INLINE_BYTES ? { content: payload, packed: true } : {};
}

function announcementFrame(folder: FolderName, { seq, record, content, packed }: Announcement): Frame {
  const live = wireLive(record);
  if (live === undefined) return { message: deleteMessage(folder, seq, record), payload: undefined };
  const message: FileUpdate = { type: 'FILE_UPDATE', folder, seq, record: live };
  return content === undefined || live.kind !== 'file'
    ? { message, payload: undefined }
    : {
        message: { ...message, ...(packed === true && { zstd: true }), payload: content.byteLength },
        payload: content,
      };
}

function deleteMessage(folder: FolderName, seq: Sequence, record: FileRecord): FileDelete {
  const { hold } = record;
  return { type: 'FILE_DELETE', folder, seq, record: wireVersion(record), ...(hold !== undefined && { hold }) };
}

export function acknowledgement(message: Ack): Acknowledgement {
  return {
    epoch: epoch(message.epoch),
    received: sequence(message.received),
    held: sequence(message.held),
    skipped: message.skipped,
    announced: sequence(message.announced),
  };
}

export function ackMessage(folder: FolderName, ack: Acknowledgement): Ack {
  return { type: 'ACK', folder, ...ack };
}

/** A path that cannot be is answered with «gone», not with the end of the session. */
export function chunkRequest(message: WireChunkRequest): ChunkRequest | Refusal {
  const path = parseRelativePath(message.path);
  const sha256 = parseSha256(message.sha256);
  if (sha256 === undefined) throw violation('CHUNK_REQUEST: not a hash');
  if (!path.ok) return { code: 'E_NAME', what: `a path that is ${path.why}` };
  const { request, priority } = message;
  const asked = { request, path: path.path, sha256, ...(priority !== undefined && { priority }) };
  if (message.want === 'manifest') {
    const { outline, groups } = message;
    const which = groups && { groups: groups.map(([first, count]) => ({ first, count })) };
    return { ...asked, want: { kind: 'manifest', ...(outline === true && { outline }), ...which } };
  }
  const ranges = (message.ranges ?? []).map(([offset, length]) => ({ offset, length }));
  return { ...asked, want: { kind: 'bytes', ranges } };
}

export function chunkRequestMessage(folder: FolderName, asked: ChunkRequest): WireChunkRequest {
  const { want, ...what } = asked;
  const message = { type: 'CHUNK_REQUEST', folder, ...what, want: want.kind } as const;
  if (want.kind === 'manifest') {
    const { outline, groups } = want;
    const which = groups && { groups: groups.map(({ first, count }) => [first, count] as const) };
    return { ...message, ...(outline === true && { outline }), ...which };
  }
  return { ...message, ranges: want.ranges.map(({ offset, length }) => [offset, length] as const) };
}

export function chunkAnswer(message: Chunk, payload: Uint8Array | undefined): ChunkAnswer {
  const { request } = message;
  switch (message.what) {
    case 'gone':
      return { request, kind: 'gone' };
    case 'later':
      return { request, kind: 'later' };
    case 'manifest':
      if (payload === undefined) throw violation('CHUNK: a manifest without payload');
      return { request, kind: 'manifest', payload, ...(message.outline === true && { outline: true }) };
    case 'bytes':
      if (payload === undefined || message.offset === undefined) throw violation('CHUNK: bytes without payload');
      return {
        request,
        kind: 'bytes',
        offset: message.offset,
        payload,
        ...(message.zstd === true && { packed: true }),
        ...(message.length !== undefined && { length: message.length }),
      };
  }
}

export function chunkFrame(folder: FolderName, answer: ChunkAnswer): Frame {
  const { request } = answer;
  if (answer.kind === 'gone' || answer.kind === 'later')
    return { message: { type: 'CHUNK', folder, request, what: answer.kind }, payload: undefined };
  const { payload } = answer;
  const message: Chunk = { type: 'CHUNK', folder, request, what: answer.kind, payload: payload.byteLength };
  if (answer.kind !== 'bytes')
    return { message: { ...message, ...(answer.outline === true && { outline: true }) }, payload };
  const { length } = answer;
  const how = { ...(answer.packed === true && { zstd: true }), ...(length !== undefined && { length }) };
  return { message: { ...message, ...how, offset: answer.offset }, payload };
}

/** Nothing where an ERROR names no announcements. */
export function refusedAnnouncements({ refused = [] }: ErrorMessage): readonly RefusedAnnouncement[] {
  return refused.map(({ seq, held }) => ({ seq: sequence(seq), held }));
}

/** What is refused, in as many ERRORs as it takes. */
export function refusedFrames(folder: FolderName, refused: readonly RefusedAnnouncement[]): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < refused.length; at += MAX_REFUSED) {
    const named = refused.slice(at, at + MAX_REFUSED).map(({ seq, held }) => ({ seq, held }));
    const message = 'the role of this device does not allow it';
    frames.push({
      message: { type: 'ERROR', code: 'E_ROLE', message, folder, refused: named, fatal: false },
      payload: undefined,
    });
  }
  return frames;
}

/** What an invitation gives, as the joining device sees it. */
export interface OfferedFolder {
  readonly name: FolderName;
  readonly role: Role;
  readonly authority: DeviceId;
  readonly conflict: ConflictRule;
  readonly files: number;
  readonly bytes: number;
  /** Of its files and links; only where it was asked for and fits. */
  readonly digest?: FolderDigest;
}

const NO_BYTES = new Uint8Array();

export function offeredFolders(message: Joined, payload?: Uint8Array): readonly OfferedFolder[] {
  let at = 0;
  return message.folders.map((folder) => {
    const name = parseFolderName(folder.name);
    const authority = parseDeviceId(folder.authority);
    const conflict = CONFLICT_RULES.find((rule) => rule === folder.conflict);
    if (name === undefined || authority === undefined) throw violation('JOINED: a folder without a proper name');
    if (conflict === undefined) throw violation('JOINED: a conflict rule that this version does not know');
    const { role, files, bytes } = folder;
    const offered = { name, role, authority, conflict, files, bytes };
    if (folder.digest === undefined) return offered;
    const digest = parseDigest((payload ?? NO_BYTES).subarray(at, (at += folder.digest)));
    if (digest === undefined) throw violation('JOINED: a digest that is none');
    return { ...offered, digest };
  });
}
