// The session's truth table: every state with every event, and the rules of time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EXAMPLES } from '../../packaging/docs/examples.ts';
import {
  DIGEST_TIMEOUT_MS,
  HANDSHAKE_TIMEOUT_MS,
  EARLY_PINGS,
  EARLY_PING_INTERVAL_MS,
  PING_INTERVAL_MS,
  SILENCE_TIMEOUT_MS,
} from '../../protocol/limits.ts';
import type { Message, MessageType } from '../../protocol/messages.ts';
import type {
  Beginning,
  EndReason,
  Greeting,
  Session,
  SessionEffect,
  SessionEvent,
  Step,
} from '../../protocol/session.ts';
import { PROTOCOL, begin, step, wakeAtMs } from '../../protocol/session.ts';

const START = 1000;
const at = (monotonicMs: number, wallMs = 1_780_000_000_000) => ({ monotonicMs, wallMs });
const self = (name: string, protocol = PROTOCOL): Greeting => ({ protocol, program: 'syncd 1.0.0', name, boot: name });
const { type: _, ...join } = EXAMPLES.JOIN;

const received = (message: Message): SessionEvent => ({ kind: 'received', frame: { message, payload: undefined } });
const dial: Beginning = { kind: 'dial', self: self('laptop'), startedMs: START };
const accept = (paired: boolean): Beginning => ({ kind: 'accept', self: self('hub'), paired, startedMs: START });

const greeting = begin(dial, at(START)).state;
const joining = begin({ kind: 'join', join, startedMs: START }, at(START)).state;
const accepting = begin(accept(true), at(START)).state;
const judging = step(accepting, received(EXAMPLES.JOIN), at(START)).state;
const digests: SessionEvent = { kind: 'answer', message: EXAMPLES.JOINED, payload: Uint8Array.of(1) };
const opened = step(greeting, received(EXAMPLES.HELLO), at(START)).state;
/** The first PING is out. */
const open = step(opened, { kind: 'tick' }, at(START)).state;

const STATES = {
  greeting,
  joining,
  accepting,
  'accepting a stranger': begin(accept(false), at(START)).state,
  judging,
  // So long before that it is too late when the table says so.
  answered: step(judging, digests, at(START + SILENCE_TIMEOUT_MS - DIGEST_TIMEOUT_MS)).state,
  open,
  ended: { kind: 'ended' } as Session,
};
type StateName = keyof typeof STATES;

const EVENTS = {
  HELLO: received(EXAMPLES.HELLO),
  JOIN: received(EXAMPLES.JOIN),
  JOINED: received(EXAMPLES.JOINED),
  INDEX: received(EXAMPLES.INDEX),
  FILE_UPDATE: received(EXAMPLES.FILE_UPDATE),
  FILE_DELETE: received(EXAMPLES.FILE_DELETE),
  FILE_MOVE: received(EXAMPLES.FILE_MOVE),
  CHUNK_REQUEST: received(EXAMPLES.CHUNK_REQUEST),
  CHUNK: received(EXAMPLES.CHUNK),
  ACK: received(EXAMPLES.ACK),
  PING: received(EXAMPLES.PING),
  PONG: received(EXAMPLES.PONG),
  ERROR: received(EXAMPLES.ERROR),
  'fatal ERROR': received({ ...EXAMPLES.ERROR, fatal: true }),
  unknown: { kind: 'unknown', what: 'a message of type NEWER' },
  refuse: { kind: 'refuse', code: 'E_REMOVED', message: 'removed' },
  answer: { kind: 'answer', message: EXAMPLES.JOINED },
  'answer with digests': digests,
  'tick in time': { kind: 'tick' },
  'tick too late': { kind: 'tick' },
  'link ended': { kind: 'ended' },
} as const satisfies Record<MessageType, SessionEvent> & Record<string, SessionEvent>;
type EventName = keyof typeof EVENTS;

/** The state afterwards, and the effects in short. */
type Cell = string;

const REFUSED = 'ended: send ERROR E_PROTOCOL!, end by us E_PROTOCOL';
const BY_PEER = 'ended: end by peer E_NOT_SHARED';
const REMOVED = 'ended: send ERROR E_REMOVED!, end by us E_REMOVED';
const SILENT = 'ended: send ERROR E_PEER_SILENT!, end by us E_PEER_SILENT';
const STRANGER = 'ended: send ERROR E_NOT_TRUSTED!, end by us E_NOT_TRUSTED';
const NOTHING = 'ended:';

/** What each state that is not open and not over does with what it does not wait for. */
const beforeOpen = (kind: string): Record<EventName, Cell> => ({
  HELLO: REFUSED,
  JOIN: REFUSED,
  JOINED: REFUSED,
  INDEX: REFUSED,
  FILE_UPDATE: REFUSED,
  FILE_DELETE: REFUSED,
  FILE_MOVE: REFUSED,
  CHUNK_REQUEST: REFUSED,
  CHUNK: REFUSED,
  ACK: REFUSED,
  PING: REFUSED,
  PONG: REFUSED,
  ERROR: REFUSED,
  'fatal ERROR': BY_PEER,
  unknown: REFUSED,
  refuse: REMOVED,
  answer: 'throws',
  'answer with digests': 'throws',
  'tick in time': `${kind}:`,
  'tick too late': SILENT,
  'link ended': NOTHING,
});

const TABLE: Record<StateName, Record<EventName, Cell>> = {
  greeting: { ...beforeOpen('greeting'), HELLO: 'open: negotiated 1 laptop' },
  joining: { ...beforeOpen('joining'), JOINED: 'ended: joined, end done' },
  accepting: {
    ...beforeOpen('accepting'),
    HELLO: 'open: send HELLO, negotiated 1 laptop',
    JOIN: 'judging: judge',
  },
  'accepting a stranger': { ...beforeOpen('accepting'), HELLO: STRANGER, JOIN: 'judging: judge' },
  judging: {
    ...beforeOpen('judging'),
    answer: 'ended: send JOINED, end done',
    'answer with digests': 'answered: send JOINED',
  },
  answered: beforeOpen('answered'),
  open: {
    HELLO: REFUSED,
    JOIN: REFUSED,
    JOINED: REFUSED,
    INDEX: 'open: deliver INDEX',
    FILE_UPDATE: 'open: deliver FILE_UPDATE',
    FILE_DELETE: 'open: deliver FILE_DELETE',
    FILE_MOVE: 'open: deliver FILE_MOVE',
    CHUNK_REQUEST: 'open: deliver CHUNK_REQUEST',
    CHUNK: 'open: deliver CHUNK',
    ACK: 'open: deliver ACK',
    PING: 'open: send PONG',
    PONG: 'open:',
    ERROR: 'open: deliver ERROR',
    'fatal ERROR': BY_PEER,
    unknown: 'open: send ERROR E_UNKNOWN_TYPE',
    refuse: REMOVED,
    answer: 'throws',
    'answer with digests': 'throws',
    'tick in time': 'open:',
    'tick too late': SILENT,
    'link ended': NOTHING,
  },
  ended: {
    HELLO: NOTHING,
    JOIN: NOTHING,
    JOINED: NOTHING,
    INDEX: NOTHING,
    FILE_UPDATE: NOTHING,
    FILE_DELETE: NOTHING,
    FILE_MOVE: NOTHING,
    CHUNK_REQUEST: NOTHING,
    CHUNK: NOTHING,
    ACK: NOTHING,
    PING: NOTHING,
    PONG: NOTHING,
    ERROR: NOTHING,
    'fatal ERROR': NOTHING,
    unknown: NOTHING,
    refuse: NOTHING,
    answer: NOTHING,
    'answer with digests': NOTHING,
    'tick in time': NOTHING,
    'tick too late': NOTHING,
    'link ended': NOTHING,
  },
};

function inShort({ state, effects }: Step): Cell {
  return `${state.kind}: ${effects.map(effectInShort).join(', ')}`.trimEnd();
}

function effectInShort(effect: SessionEffect): string {
  switch (effect.kind) {
    case 'send':
      return `send ${effect.message.type}${effect.message.type === 'ERROR' ? ` ${effect.message.code}${effect.message.fatal ? '!' : ''}` : ''}`;
    case 'deliver':
      return `deliver ${effect.message.type}`;
    case 'negotiated':
      return `negotiated ${effect.peer.version} ${effect.peer.name}`;
    case 'end':
      return effect.why.kind === 'done' ? 'end done' : `end by ${effect.why.by} ${effect.why.code}`;
    case 'rtt':
      return `rtt ${effect.ms}`;
    default:
      return effect.kind;
  }
}

function entries<K extends string, V>(of: Record<K, V>): [K, V][] {
  return Object.entries(of) as [K, V][];
}

for (const [stateName, row] of entries(TABLE))
  test(`a session that is ${stateName} answers every event as the table says`, () => {
    for (const [eventName, cell] of entries(row)) {
      const now = eventName === 'tick too late' ? at(START + SILENCE_TIMEOUT_MS) : at(START + 10);
      const act = (): Step => step(STATES[stateName], EVENTS[eventName], now);
      if (cell === 'throws') assert.throws(act, /no JOIN waits/, eventName);
      else assert.equal(inShort(act()), cell, `${stateName}, ${eventName}`);
    }
  });

test('who dials speaks first, and who is dialled says nothing until it is spoken to', () => {
  assert.deepEqual(begin(dial, at(START, 5)).effects, [
    { kind: 'send', message: { type: 'HELLO', ...self('laptop'), nowMs: 5 } },
  ]);
  assert.deepEqual(begin(accept(true), at(START)).effects, []);
  assert.deepEqual(begin({ kind: 'join', join, startedMs: START }, at(START)).effects, [
    { kind: 'send', message: EXAMPLES.JOIN },
  ]);
});

test('an open session knows the peer, and how far the clocks differ', () => {
  const { effects } = step(greeting, received({ ...EXAMPLES.HELLO, nowMs: 5000 }), at(START, 2000));
  const { program, name, boot } = EXAMPLES.HELLO;
  assert.deepEqual(effects, [{ kind: 'negotiated', peer: { version: 1, program, name, boot, clockOffsetMs: 3000 } }]);
});

for (const [ours, theirs, version] of [
  [{ min: 1, max: 1 }, { min: 1, max: 1 }, 1],
  [{ min: 1, max: 3 }, { min: 2, max: 5 }, 3],
  [{ min: 2, max: 5 }, { min: 1, max: 3 }, 3],
  [{ min: 1, max: 1 }, { min: 2, max: 3 }, undefined],
  [{ min: 4, max: 5 }, { min: 2, max: 3 }, undefined],
] as const)
  test(`versions ${ours.min} to ${ours.max} and ${theirs.min} to ${theirs.max} agree on ${version ?? 'nothing'}`, () => {
    const begun = begin({ kind: 'dial', self: self('a', ours), startedMs: START }, at(START)).state;
    const { state, effects } = step(begun, received({ ...EXAMPLES.HELLO, protocol: theirs }), at(START));
    if (version !== undefined) {
      assert.equal(state.kind, 'open');
      assert.ok(effects[0]?.kind === 'negotiated' && effects[0].peer.version === version);
      return;
    }
    const [said, end] = effects;
    assert.ok(said?.kind === 'send' && said.message.type === 'ERROR' && said.message.fatal);
    assert.equal(said.message.code, 'E_PROTOCOL_VERSION');
    assert.ok(end?.kind === 'end' && end.why.kind === 'failed');
    for (const range of [ours, theirs])
      assert.match(
        end.why.message,
        new RegExp(range.min === range.max ? `protocol ${range.min}\\)` : `${range.min} to ${range.max}`),
      );
  });

test('a session that is not open in time ends, counted from when the connection began', () => {
  for (const begun of [greeting, joining, accepting, STATES.judging]) {
    assert.equal(wakeAtMs(begun), START + HANDSHAKE_TIMEOUT_MS);
    assert.equal(step(begun, { kind: 'tick' }, at(START + HANDSHAKE_TIMEOUT_MS - 1)).state, begun);
    assert.equal(step(begun, { kind: 'tick' }, at(START + HANDSHAKE_TIMEOUT_MS)).state.kind, 'ended');
  }
});

test('a PING goes out at once and at every interval, and its PONG tells how long the way is', () => {
  assert.equal(wakeAtMs(opened), START);
  const pinged = step(opened, { kind: 'tick' }, at(START));
  assert.deepEqual(pinged.effects, [{ kind: 'send', message: { type: 'PING', id: 1 } }]);
  assert.equal(wakeAtMs(pinged.state), START + PING_INTERVAL_MS);
  const late = step(pinged.state, received({ type: 'PONG', id: 9 }), at(START + 5));
  assert.deepEqual(late.effects, []);
  const ponged = step(late.state, received({ type: 'PONG', id: 1 }), at(START + 30));
  assert.deepEqual(ponged.effects, [{ kind: 'rtt', ms: 30 }]);
  const unanswered = step(late.state, { kind: 'tick' }, at(START + PING_INTERVAL_MS));
  assert.deepEqual(unanswered.effects, [{ kind: 'send', message: { type: 'PING', id: 2 } }]);
});

test('the first PINGs that are answered follow one another soon', () => {
  let state: Session = opened;
  const sentAt: number[] = [];
  for (let id = 1; id < 8; id++) {
    const nowMs = wakeAtMs(state) ?? assert.fail('a PING is due');
    sentAt.push(nowMs - START);
    const pinged = step(state, { kind: 'tick' }, at(nowMs));
    state = step(pinged.state, received({ type: 'PONG', id }), at(nowMs + 30)).state;
  }
  const early = Array.from({ length: EARLY_PINGS }, (_, i) => i * (EARLY_PING_INTERVAL_MS + 30));
  const last = early.at(-1) ?? 0;
  assert.deepEqual(sentAt, [...early, last + PING_INTERVAL_MS, last + 2 * PING_INTERVAL_MS]);
});

test('any message is a sign of life, and without one a session ends after the silence that is allowed', () => {
  let state = open;
  const lives: SessionEvent[] = [EVENTS.ACK, EVENTS.PING, EVENTS.PONG, EVENTS.unknown, EVENTS.ERROR];
  lives.forEach((event, i) => {
    state = step(state, event, at(START + (i + 1) * 20_000)).state;
  });
  const heard = START + lives.length * 20_000;
  state = step(state, { kind: 'tick' }, at(heard + SILENCE_TIMEOUT_MS - 1)).state;
  assert.equal(state.kind, 'open');
  assert.equal(wakeAtMs(state), heard + SILENCE_TIMEOUT_MS);
  const { effects } = step(state, { kind: 'tick' }, at(heard + SILENCE_TIMEOUT_MS));
  const why: EndReason = { kind: 'failed', by: 'us', code: 'E_PEER_SILENT', message: 'nothing was heard for 28 s' };
  assert.deepEqual(effects.at(-1), { kind: 'end', why });
});

test('both ends of a dead link notice it within 30 s, when they tick whenever they are woken', () => {
  let state = open;
  let nowMs = START;
  while (state.kind !== 'ended') {
    nowMs = wakeAtMs(state) ?? assert.fail('an open session wakes');
    state = step(state, { kind: 'tick' }, at(nowMs)).state;
  }
  assert.ok(nowMs - START < 30_000);
});

test('a JOIN that is refused is answered with a fatal ERROR', () => {
  const refused: SessionEvent = {
    kind: 'answer',
    message: { type: 'ERROR', code: 'E_INVITATION_REFUSED', message: 'used' },
  };
  const { effects } = step(STATES.judging, refused, at(START));
  assert.deepEqual(effects, [
    { kind: 'send', message: { type: 'ERROR', code: 'E_INVITATION_REFUSED', message: 'used', fatal: true } },
    { kind: 'end', why: { kind: 'done' } },
  ]);
});

test('digests take their time over a slow link: both ends wait longer, and the joining one ends it', () => {
  const asked = { ...EXAMPLES.JOIN, preview: true, digests: true };
  const begun = begin({ kind: 'join', join: asked, startedMs: START }, at(START)).state;
  const judged = step(accepting, received(asked), at(START)).state;
  for (const waiting of [begun, judged]) assert.equal(wakeAtMs(waiting), START + DIGEST_TIMEOUT_MS);

  const late = START + DIGEST_TIMEOUT_MS - 1;
  const payload = Uint8Array.of(1);
  const answered = step(judged, digests, at(late));
  assert.deepEqual(answered.effects, [{ kind: 'send', message: EXAMPLES.JOINED, payload }]);
  assert.equal(wakeAtMs(answered.state), late + DIGEST_TIMEOUT_MS);
  const { effects } = step(begun, { kind: 'received', frame: { message: EXAMPLES.JOINED, payload } }, at(late));
  assert.deepEqual(effects, [
    { kind: 'joined', joined: EXAMPLES.JOINED, payload },
    { kind: 'end', why: { kind: 'done' } },
  ]);
});

test('a code that only the peer knows is passed on in words', () => {
  const { effects } = step(
    open,
    received({ ...EXAMPLES.ERROR, code: 'E_NEWER', message: 'no', fatal: true }),
    at(START),
  );
  const why: EndReason = { kind: 'failed', by: 'peer', code: 'E_PROTOCOL', message: 'E_NEWER: no' };
  assert.deepEqual(effects, [{ kind: 'end', why }]);
});

test('the payload of a message is delivered with it', () => {
  const payload = Uint8Array.of(1, 2, 3, 4);
  const { effects } = step(open, { kind: 'received', frame: { message: EXAMPLES.FILE_UPDATE, payload } }, at(START));
  assert.deepEqual(effects, [{ kind: 'deliver', message: EXAMPLES.FILE_UPDATE, payload }]);
});

test('whatever happens in whatever order, nothing is delivered before the session is open, and it ends once', () => {
  const names = fc.array(fc.constantFrom(...(Object.keys(EVENTS) as EventName[])), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.constantFrom(greeting, joining, accepting, STATES['accepting a stranger']),
      names,
      (begun, order) => {
        let state: Session = begun;
        let isOpen = false;
        let ends = 0;
        for (const name of order) {
          if (name.startsWith('answer') && state.kind !== 'judging') continue;
          const next = step(state, EVENTS[name], at(START + 10));
          for (const effect of next.effects) {
            assert.equal(ends, 0);
            if (effect.kind === 'negotiated') isOpen = true;
            if (effect.kind === 'deliver') assert.ok(isOpen);
            if (effect.kind === 'end') ends++;
          }
          state = next.state;
        }
      },
    ),
  );
});

test('two sessions that are given what the other sends are both open after one HELLO each', () => {
  const a = begin(dial, at(START));
  const b = begin(accept(true), at(START));
  const sent = (one: Step): Message[] =>
    one.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));
  const [fromA] = sent(a);
  assert.ok(fromA);
  const answered = step(b.state, received(fromA), at(START));
  const [fromB, ...more] = sent(answered);
  assert.ok(fromB);
  assert.equal(more.length, 0);
  const opened = step(a.state, received(fromB), at(START));
  assert.equal(answered.state.kind, 'open');
  assert.equal(opened.state.kind, 'open');
  assert.deepEqual(sent(opened), []);
});
