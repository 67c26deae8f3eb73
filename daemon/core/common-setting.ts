// The one setting that all devices of a folder hold alike: which device is its authority, and how conflicts end. It is
// replicated like a file: whoever changes it makes a newer value, and of two that were made apart the greater stamp wins.
// What the configuration says is a proposal for it.
import type { DeviceId } from './ids.ts';
import type { ConflictRule } from './settings.ts';

export interface Agreed<Value> {
  readonly value: Value;
  /** One of {@link STAMP}, or milliseconds where somebody has changed it. */
  readonly stamp: number;
  /** The device that said so. */
  readonly by: DeviceId;
}

export interface CommonSetting {
  readonly authority: Agreed<DeviceId>;
  readonly conflict: Agreed<ConflictRule>;
}

/** What the configuration of one device says; undefined where it says nothing. */
export interface Proposal {
  readonly authority: DeviceId | undefined;
  readonly conflict: ConflictRule | undefined;
}

export const CONFLICT_RULES: readonly ConflictRule[] = ['newest', 'hub-wins', 'keep-both', 'largest', 'merge'];
export const DEFAULT_RULE: ConflictRule = 'newest';

/** Values that nobody has changed yet weigh by who says them. All are below every clock. */
export const STAMP = {
  default: 0,
  proposed: 1,
  /** Proposed by the device that is itself proposed as authority. */
  proposedByAuthority: 2,
  /** Held by a device that has invited another one: who joins takes the setting of the inviter. */
  invited: 3,
} as const;
/** No clock is wrong by more. What is stamped later could never be changed again, and is not taken. */
const CENTURY_MS = 100 * 365 * 86_400_000;

/** What a device holds that has heard nothing of others. Without any proposal the smallest device ID comes to be the authority. */
export function proposed({ authority, conflict }: Proposal, self: DeviceId): CommonSetting {
  const weight = authority === self ? STAMP.proposedByAuthority : STAMP.proposed;
  return {
    authority: { value: authority ?? self, stamp: authority === undefined ? STAMP.default : weight, by: self },
    conflict: { value: conflict ?? DEFAULT_RULE, stamp: conflict === undefined ? STAMP.default : weight, by: self },
  };
}

/** Both, as if one had been told of the other: the same on both sides, in whatever order several meet. */
export function joined(a: CommonSetting, b: CommonSetting): CommonSetting {
  return { authority: greater(a.authority, b.authority), conflict: greater(a.conflict, b.conflict) };
}

function greater<Value extends string>(a: Agreed<Value>, b: Agreed<Value>): Agreed<Value> {
  if (a.stamp !== b.stamp) return a.stamp > b.stamp ? a : b;
  if (a.by !== b.by) return a.by < b.by ? a : b;
  // One device said both: it has lost its memory in between.
  return a.value <= b.value ? a : b;
}

/** A value that somebody sets now, over what was known. */
export function changed<Value>(known: Agreed<Value>, value: Value, by: DeviceId, nowMs: number): Agreed<Value> {
  return { value, stamp: Math.max(known.stamp + 1, Math.trunc(nowMs)), by };
}

/** As the inviter holds it: whoever joins takes it, whatever was proposed there. */
export function invitedWith({ authority, conflict }: CommonSetting, self: DeviceId): CommonSetting {
  const held = <Value>(one: Agreed<Value>): Agreed<Value> =>
    one.stamp >= STAMP.invited ? one : { value: one.value, stamp: STAMP.invited, by: self };
  return { authority: held(authority), conflict: held(conflict) };
}

export function sameSetting(a: CommonSetting, b: CommonSetting): boolean {
  return sameAgreed(a.authority, b.authority) && sameAgreed(a.conflict, b.conflict);
}

function sameAgreed<Value>(a: Agreed<Value>, b: Agreed<Value>): boolean {
  return a.value === b.value && a.stamp === b.stamp && a.by === b.by;
}

/** Whether a peer may have said so: a stamp beyond all clocks would stay for ever. */
export function isCredible({ authority, conflict }: CommonSetting, nowMs: number): boolean {
  return Math.max(authority.stamp, conflict.stamp) <= nowMs + CENTURY_MS;
}
