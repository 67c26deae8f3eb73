// The setting that all devices of this folder hold alike, as this device knows it: begun from the configuration, changed by
// whoever changes the configuration or by a peer that knows a newer one, and kept in the index.
import {
  type CommonSetting,
  type Proposal,
  changed,
  invitedWith,
  isCredible,
  joined,
  proposed,
  sameSetting,
} from '../core/common-setting.ts';
import type { FolderContext } from './context.ts';

/** Keys of the index. */
const AGREED = 'agreed';
const PROPOSED = 'proposed';

/** A value of the configuration that is not in effect. */
export interface Overruled {
  readonly key: keyof CommonSetting;
  readonly proposed: string;
  readonly inEffect: string;
  /** Who has set what is in effect. */
  readonly by: string;
}

export class Agreed {
  readonly #context: Pick<FolderContext, 'index' | 'self' | 'clock' | 'log' | 'deviceName' | 'settings'>;
  /** It is another one now: peers are to hear of it. */
  readonly #onChange: () => void;
  #now: CommonSetting;
  #isMade = false;

  constructor(
    context: Pick<FolderContext, 'index' | 'self' | 'clock' | 'log' | 'deviceName' | 'settings'>,
    onChange: () => void,
  ) {
    this.#context = context;
    this.#onChange = onChange;
    const kept = context.index.meta(AGREED);
    this.#now = kept === undefined ? proposed(this.#proposal, context.self) : (JSON.parse(kept) as CommonSetting);
    // The configuration may have been changed while nothing ran.
    this.takeProposal(new Set());
    this.#isMade = true;
  }

  get now(): CommonSetting {
    return this.#now;
  }

  get #proposal(): Proposal {
    const { authority, conflict } = this.#context.settings();
    return { authority, conflict };
  }

  /**
   * The configuration has been read. What it says otherwise than the last time is a change, made here and now; so is what
   * `insisted` names, which somebody has just set to what it said before.
   */
  takeProposal(insisted: ReadonlySet<string>): void {
    const { index, self, clock } = this.#context;
    const proposal = this.#proposal;
    const { authority, conflict } = proposal;
    const text = index.meta(PROPOSED);
    const before = text === undefined ? undefined : (JSON.parse(text) as Partial<Proposal>);
    let next = this.#now;
    const isNew = <Key extends keyof Proposal>(key: Key): boolean => {
      const isOther = before !== undefined && before[key] !== proposal[key];
      return (isOther || insisted.has(key)) && proposal[key] !== next[key].value;
    };
    const nowMs = clock.nowMs();
    if (authority !== undefined && isNew('authority'))
      next = { ...next, authority: changed(next.authority, authority, self, nowMs) };
    if (conflict !== undefined && isNew('conflict'))
      next = { ...next, conflict: changed(next.conflict, conflict, self, nowMs) };
    const written = JSON.stringify({ authority, conflict });
    // Together: what is written down as proposed is not taken once more.
    this.#take(next, written === text ? [] : [[PROPOSED, written]]);
  }

  /** What a peer holds that lets us change nothing of it. */
  obey(theirs: CommonSetting): void {
    if (isCredible(theirs, this.#context.clock.nowMs())) this.#take(theirs);
  }

  /** What a peer holds. */
  hear(theirs: CommonSetting): void {
    const { clock, log } = this.#context;
    if (!isCredible(theirs, clock.nowMs())) {
      log.warn('passed over a setting that is said to be of a time long from now', { code: 'E_PROTOCOL' });
      return;
    }
    this.#take(joined(this.#now, theirs));
  }

  /** Somebody has been invited: from now on it is ours that holds, whatever the other proposes. */
  invited(): void {
    this.#take(invitedWith(this.#now, this.#context.self));
  }

  /** This device has joined others in a folder that it had already: theirs holds, whatever was set here before. */
  follow(offered: {
    readonly authority: CommonSetting['authority']['value'];
    readonly conflict: CommonSetting['conflict']['value'];
  }): void {
    const { self, clock } = this.#context;
    const { authority, conflict } = this.#now;
    const nowMs = clock.nowMs();
    this.#take({
      authority: authority.value === offered.authority ? authority : changed(authority, offered.authority, self, nowMs),
      conflict: conflict.value === offered.conflict ? conflict : changed(conflict, offered.conflict, self, nowMs),
    });
  }

  #take(next: CommonSetting, meta: readonly (readonly [string, string])[] = []): void {
    const before = this.#now;
    const { index, clock, log, deviceName } = this.#context;
    const isSame = sameSetting(before, next) && index.meta(AGREED) !== undefined;
    const written = isSame ? meta : [...meta, [AGREED, JSON.stringify(next)] as const];
    if (written.length > 0) index.commit({ nowUs: clock.nowUs(), meta: written });
    if (isSame) return;
    this.#now = next;
    if (before.conflict.value !== next.conflict.value)
      log.info(`conflicts end by ${next.conflict.value} from now on`, { by: deviceName(next.conflict.by) });
    if (before.authority.value !== next.authority.value)
      log.info(`the authority is ${deviceName(next.authority.value)} from now on`, {
        by: deviceName(next.authority.by),
      });
    for (const { key, proposed: ours, inEffect } of overruled({ ...this.#context, agreed: () => next }))
      log.warn(`${key} is ${inEffect} for all devices of the folder; the configuration here proposes ${ours}`);
    if (this.#isMade) this.#onChange();
  }
}

/** What the configuration here proposes in vain. */
export function overruled({
  agreed,
  settings,
  deviceName,
}: Pick<FolderContext, 'agreed' | 'settings' | 'deviceName'>): readonly Overruled[] {
  const { authority, conflict } = settings();
  const now = agreed();
  const found: Overruled[] = [];
  const by = (key: keyof CommonSetting): string => deviceName(now[key].by);
  if (conflict !== undefined && conflict !== now.conflict.value)
    found.push({ key: 'conflict', proposed: conflict, inEffect: now.conflict.value, by: by('conflict') });
  if (authority !== undefined && authority !== now.authority.value)
    found.push({
      key: 'authority',
      proposed: deviceName(authority),
      inEffect: deviceName(now.authority.value),
      by: by('authority'),
    });
  return found;
}
