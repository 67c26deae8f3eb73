// `plan`: what would be received, deleted, in conflict and sent, read off the index. It changes nothing; a large index is
// gone through in pieces, and the folder goes on meanwhile.
import { type DeviceId, NO_SEQUENCE, type Sequence } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import { type FileRecord, isLive, sameContent } from '../core/record.ts';
import { reconcileAll } from '../core/rivals.ts';
import { Planned, type PlannedPath, type SyncPlan, bytesOf, planned } from '../core/sync-plan.ts';
import type { Row } from '../index/file-state.ts';
import { type WantedRow, isOtherwiseHere, wantedVersions } from '../index/wanted.ts';
import type { LocalContent } from '../transfer/local-content.ts';
import { type FolderContext, reconcileContext } from './context.ts';
import type { Links } from './links.ts';

export interface PlanParts {
  readonly links: Links;
  readonly content: LocalContent;
}

/** Rows at a time, with room for other work between. */
const TURN_ROWS = 500;

export async function planSync(context: FolderContext, parts: PlanParts): Promise<SyncPlan> {
  const here = await planHere(context, parts);
  return { ...here, ...(await planThere(context, parts)) };
}

async function planHere(
  context: FolderContext,
  { content }: PlanParts,
): Promise<Pick<SyncPlan, 'receive' | 'delete' | 'conflict'>> {
  const { index } = context;
  const groups = { receive: new Planned(), delete: new Planned(), conflict: new Planned() };
  const moved = new Set<RelativePath>();
  for await (const want of wants(context)) {
    const from = content.moveSource(want.record, want.movedFrom, moved);
    if (from !== undefined) moved.add(from);
    const { record } = want;
    if (record.entry.kind === 'absent') continue;
    const row = index.row(record.path);
    const peers = want.sources.map(({ peer }) => peer);
    const what = from === undefined ? become(row, want) : 'move';
    const bytes = from === undefined && !isAtHand(content, row, want) ? bytesOf(record.entry) : 0;
    const group = isConflict(context, row?.record, want) ? groups.conflict : groups.receive;
    group.add({ path: record.path, what, bytes, from, peers });
  }
  // A path whose content is to be elsewhere is moved, not deleted.
  for await (const { record, sources } of wants(context)) {
    const { path, entry } = record;
    if (entry.kind !== 'absent' || moved.has(path) || !isLive(index.row(path)?.record)) continue;
    const peers = sources.map(({ peer }) => peer);
    groups.delete.add({ path, what: 'delete', bytes: 0, from: undefined, peers });
  }
  return groups;
}

/** What is to be carried out, now or when a peer that has it is there. */
async function* wants(context: FolderContext): AsyncGenerator<WantedRow> {
  let rows = 0;
  for (const want of context.index.wantedAll()) {
    if (want.why === 'fetch' || want.why === 'held') yield want;
    if (++rows % TURN_ROWS === 0) await pause(context);
  }
}

function isConflict(context: FolderContext, ours: FileRecord | undefined, want: WantedRow): boolean {
  const { verdict } = reconcileAll(ours, wantedVersions(want), reconcileContext(context));
  return verdict.kind === 'take' && verdict.conflict;
}

/** What was deleted or changed here against the role is not on the disk as the index has it. */
function become(row: Row | undefined, want: WantedRow): PlannedPath['what'] {
  if (isOtherwiseHere(want)) return 'change';
  return planned(row?.seen === undefined ? undefined : row.record, want.record.entry);
}

function isAtHand(content: LocalContent, row: Row | undefined, want: WantedRow): boolean {
  const { path, entry } = want.record;
  if (entry.kind !== 'file') return true;
  const isOther = isOtherwiseHere(want);
  if (!isOther && row?.seen !== undefined && sameContent(row.record.entry, entry)) return true;
  return content.source(entry, (source) => isOther && source.kind === 'copy' && source.from === path) !== undefined;
}

async function planThere(
  context: FolderContext,
  { links }: PlanParts,
): Promise<Pick<SyncPlan, 'send' | 'deleteThere'>> {
  const { index } = context;
  const groups = { send: new Planned(), deleteThere: new Planned() };
  const positions = [...context.settings().peers.keys()].map((peer) => ({ peer, ...positionOf(context, links, peer) }));
  const movedFrom = new Set<RelativePath>();
  const gone = new Map<RelativePath, readonly DeviceId[]>();
  let from = positions.reduce<Sequence>((least, { seq }) => (seq < least ? seq : least), index.seq);
  for (let page = index.after(from, TURN_ROWS); page.length > 0; page = index.after(from, TURN_ROWS)) {
    for (const { record, seq, movedFrom: source } of page) {
      from = seq;
      const { path, entry, origin } = record;
      const lacking = positions.filter((one) => one.seq < seq && one.peer !== origin);
      // Of who has never been here nobody knows what it has: it loses nothing by what was here once.
      const peers = (isLive(record) ? lacking : lacking.filter(({ isKnown }) => isKnown)).map(({ peer }) => peer);
      if (peers.length === 0) continue;
      if (entry.kind === 'absent') {
        gone.set(path, peers);
        continue;
      }
      if (source !== undefined) movedFrom.add(source);
      const bytes = source === undefined ? bytesOf(entry) * peers.length : 0;
      groups.send.add({ path, what: source === undefined ? 'change' : 'move', bytes, from: source, peers });
    }
    await pause(context);
  }
  for (const [path, peers] of gone)
    if (!movedFrom.has(path)) groups.deleteThere.add({ path, what: 'delete', bytes: 0, from: undefined, peers });
  return groups;
}

/** What the peer has confirmed of ours; what it said in an earlier session counts as long as our index is the same. */
function positionOf(
  { index }: FolderContext,
  links: Links,
  peer: DeviceId,
): { readonly seq: Sequence; readonly isKnown: boolean } {
  const state = links.byDevice(peer);
  const kept = index.holds(peer);
  const before = kept?.epoch === index.epoch ? kept.seq : undefined;
  const now = state?.theirs === undefined ? NO_SEQUENCE : state.acked.held;
  return {
    seq: before !== undefined && before > now ? before : now,
    isKnown: before !== undefined || now > NO_SEQUENCE,
  };
}

const pause = ({ clock }: FolderContext): Promise<void> => new Promise((resolve) => clock.after(0, resolve));
