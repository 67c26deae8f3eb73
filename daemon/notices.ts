// Tells people of what their folders' `notify` names: a command of theirs is started, or the desktop shows it. Whatever
// the commands do, syncing goes on: few run at once, each for a limited time, each rule's at most every few seconds, and
// what happens meanwhile is put together.
import type { NumberedEvent } from './control/events.ts';
import type { Problem } from './control/daemon-port.ts';
import { type Naming, noticeForPerson, noticeText } from './control/notice.ts';
import type { DeviceId } from './core/ids.ts';
import { type Gathered, type Notice, gather, gatherKey, lossKey, lostPeers, ruleKey } from './core/notices.ts';
import type { FolderSettings, NoticeKind, NoticeRule } from './core/settings.ts';
import type { Clock, Timer } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { ProgramEnd, Programs } from './ports/programs.ts';

/** Commands at once, of all folders. Others wait. */
const MAX_AT_ONCE = 4;
/** From one start of a rule's command to the next. */
const PAUSE_MS = 5_000;

export interface NoticesEdges extends Naming {
  readonly clock: Clock;
  readonly log: Log;
  readonly programs: Programs;
  folders(): Iterable<FolderSettings>;
  /** Every trusted device. */
  peers(): Iterable<{ readonly id: DeviceId; readonly connected: boolean }>;
}

/** One rule of one folder: what it is to be told of, one after the other. */
interface Line {
  readonly folder: FolderSettings['name'];
  readonly rule: NoticeRule;
  readonly waiting: Map<string, Gathered>;
  isRunning: boolean;
  notBeforeMs: number;
}

export class Notices {
  readonly #edges: NoticesEdges;
  readonly #lines = new Map<string, Line>();
  readonly #failed = new Map<string, Problem>();
  /** Since when a peer is not connected: monotonic. */
  readonly #away = new Map<DeviceId, number>();
  #told = new Set<string>();
  /** Rules of the configuration. */
  #wanted = new Set<string>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(edges: NoticesEdges) {
    this.#edges = edges;
  }

  /** Commands that could not be run, or failed, and have not ended well since. */
  get problems(): readonly Problem[] {
    return [...this.#failed.values()];
  }

  /** Something happened in a folder. */
  happened(event: NumberedEvent): void {
    const kind = kindOf(event);
    if (kind === undefined) return;
    const { atMs, folder, path, code, what } = event;
    const message = kind === 'conflict' ? `${path ?? ''} was changed on two devices; both contents are kept` : what;
    this.#tell({ kind, atMs, folder, path, peer: undefined, code, message }, () => true);
    this.#go();
  }

  /** Peers have come or gone, or the configuration is another one. */
  look(): void {
    if (this.#isStopped) return;
    const { clock } = this.#edges;
    const present = [...this.#edges.peers()];
    for (const { id, connected } of present) {
      if (connected) this.#away.delete(id);
      else if (!this.#away.has(id)) this.#away.set(id, clock.monotonicMs());
    }
    const known = new Set(present.map(({ id }) => id));
    for (const id of this.#away.keys()) if (!known.has(id)) this.#away.delete(id);
    this.#forgetOldRules();
    this.#go();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#edges.programs.stop();
  }

  #tell(notice: Notice, isMeant: (rule: NoticeRule) => boolean): void {
    for (const { name, notify } of this.#edges.folders()) {
      if (name !== notice.folder) continue;
      for (const rule of notify) if (rule.on.includes(notice.kind) && isMeant(rule)) this.#put(rule, notice);
    }
  }

  #put(rule: NoticeRule, notice: Notice): void {
    const key = ruleKey(notice.folder, rule);
    const line = this.#lines.get(key) ?? fresh(notice.folder, rule);
    this.#lines.set(key, line);
    const about = gatherKey(notice);
    line.waiting.set(about, gather(line.waiting.get(about), notice));
  }

  /** Starts what may be started, and comes back when more may be. */
  #go(): void {
    if (this.#isStopped) return;
    const { clock, folders } = this.#edges;
    const nowMs = clock.monotonicMs();
    const { lost, nextMs } = lostPeers(folders(), this.#away, this.#told, nowMs);
    for (const loss of lost) {
      this.#told.add(lossKey(loss));
      const { folder, peer, rule } = loss;
      const message = `${this.#edges.deviceName(peer)} is not connected`;
      const about = { kind: 'peer-lost', atMs: clock.nowMs(), folder, path: undefined, code: undefined } as const;
      this.#tell({ ...about, peer, message }, (one) => one === rule);
    }
    const due = nextMs === undefined ? [] : [nextMs];
    for (const [key, line] of this.#lines) {
      if (line.isRunning || line.waiting.size === 0) continue;
      if (line.notBeforeMs > nowMs) due.push(line.notBeforeMs);
      else if (this.#runningCount() < MAX_AT_ONCE) void this.#start(key, line);
    }
    this.#timer?.cancel();
    this.#timer = due.length === 0 ? undefined : clock.after(Math.min(...due) - nowMs, () => this.#go());
  }

  async #start(key: string, line: Line): Promise<void> {
    const [first] = line.waiting;
    if (first === undefined) return;
    const [about, notice] = first;
    line.waiting.delete(about);
    line.isRunning = true;
    line.notBeforeMs = this.#edges.clock.monotonicMs() + PAUSE_MS;
    const end = await this.#run(line.rule, notice);
    line.isRunning = false;
    if (this.#isStopped) return;
    this.#note(key, line, end);
    this.#go();
  }

  #run({ how }: NoticeRule, notice: Gathered): Promise<ProgramEnd> {
    const { programs } = this.#edges;
    if (how.kind === 'desktop') return programs.showOnDesktop(...noticeForPerson(notice, this.#edges));
    const { command, timeoutMs } = how;
    return programs.run({ command, input: noticeText(notice, this.#edges), timeoutMs });
  }

  #note(key: string, { folder, rule: { how } }: Line, end: ProgramEnd): void {
    const { log } = this.#edges;
    const program = how.kind === 'desktop' ? 'the desktop notice' : how.command[0];
    if (end.kind === 'ended' && end.status === 0) {
      this.#failed.delete(key);
      log.info('told of it', { folder, program });
      return;
    }
    const message = `notify of ${folder}: ${program} ${whatWentWrong(end)}`;
    if (this.#wanted.has(key)) this.#failed.set(key, { code: 'E_NOTIFY', message });
    log.warn(message, { code: 'E_NOTIFY', ...(end.kind !== 'not started' && end.said !== '' && { said: end.said }) });
  }

  #runningCount(): number {
    return [...this.#lines.values()].filter(({ isRunning }) => isRunning).length;
  }

  #forgetOldRules(): void {
    const wanted = new Set<string>();
    this.#wanted = wanted;
    for (const { name, notify, enabled } of this.#edges.folders())
      if (enabled) for (const rule of notify) wanted.add(ruleKey(name, rule));
    for (const key of this.#failed.keys()) if (!wanted.has(key)) this.#failed.delete(key);
    for (const [key, line] of this.#lines) {
      if (wanted.has(key)) continue;
      line.waiting.clear();
      // One that runs still counts.
      if (!line.isRunning) this.#lines.delete(key);
    }
    // What was told of an absence that is over is of no use.
    const absences = [...this.#away].map(([peer, sinceMs]) => `\0${peer}\0${sinceMs}`);
    this.#told = new Set([...this.#told].filter((told) => absences.some((absence) => told.endsWith(absence))));
  }
}

const fresh = (folder: FolderSettings['name'], rule: NoticeRule): Line => ({
  folder,
  rule,
  waiting: new Map(),
  isRunning: false,
  notBeforeMs: -Infinity,
});

function kindOf({ kind, code }: NumberedEvent): NoticeKind | undefined {
  if (kind === 'conflict') return 'conflict';
  if (kind !== 'warning') return undefined;
  return code === 'E_MASS_DELETE' ? 'mass-delete' : 'error';
}

function whatWentWrong(end: ProgramEnd): string {
  switch (end.kind) {
    case 'ended':
      return `ended with status ${end.status}`;
    case 'killed':
      return `was ended by ${end.signal}`;
    case 'too late':
      return 'was still running when its time was over';
    case 'not started':
      return `could not be started: ${end.why}`;
  }
}
