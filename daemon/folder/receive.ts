// Changes made elsewhere: announcements are decided on in the order in which they came, a batch in one transaction, and
// become wants, new records of what is here already, or nothing.
import type { Sequence } from '../core/ids.ts';
import type { RelativePath } from '../core/path.ts';
import type { Want } from '../index/wanted.ts';
import type { Announcement } from '../ports/peers.ts';
import { historyRow, tell } from './chronicle.ts';
import type { FolderContext } from './context.ts';
import type { Filtering } from './filtering.ts';
import type { LinkState, Links } from './links.ts';
import type { Litter } from './litter.ts';
import { type Content, ReceivedBatch } from './received-batch.ts';
import type { Refused } from './refused.ts';
import type { Roles } from './roles.ts';
import type { Superseded } from './superseded.ts';

export interface Received {
  /** What is to be had from now on. */
  readonly wants: readonly Want[];
  /** Wants that are new, with the content that came along. */
  readonly contents: readonly Content[];
  /** Paths whose want is another one now, or gone. */
  readonly changedWants: readonly RelativePath[];
}

export interface ReceiverParts {
  readonly filtering: Filtering;
  readonly links: Links;
  readonly litter: Litter;
  readonly roles: Roles;
  readonly refused: Refused;
  readonly superseded: Superseded;
}

export class Receiver {
  readonly #context: FolderContext;
  readonly #filtering: Filtering;
  readonly #links: Links;
  readonly #litter: Litter;
  readonly #roles: Roles;
  readonly #refused: Refused;
  readonly #superseded: Superseded;

  constructor(context: FolderContext, { filtering, links, litter, roles, refused, superseded }: ReceiverParts) {
    this.#context = context;
    this.#filtering = filtering;
    this.#links = links;
    this.#litter = litter;
    this.#roles = roles;
    this.#refused = refused;
    this.#superseded = superseded;
  }

  /** Decides on announcements of one peer, and commits what they mean. */
  receive(state: LinkState, announcements: readonly Announcement[]): Received {
    const { index, clock } = this.#context;
    const speaker = this.#roles.speaker(state, this.#links);
    if (speaker === undefined) return { wants: [], contents: [], changedWants: [] };
    const { device } = state.link;
    const batch = new ReceivedBatch(this.#context, this.#filtering, device, {
      role: this.#roles.granted(device),
      speaker,
      restricts: this.#roles.isRestrictedBy(device),
      master: this.#roles.master,
    });
    for (const announcement of announcements) batch.decide(announcement);
    const last = announcements.at(-1)?.seq ?? state.received;
    const received = Math.max(state.received, last) as Sequence;
    for (const { record } of announcements) state.notRefused(record.path);
    for (const { path, seq, isUnsure } of batch.refused)
      if (isUnsure) state.askAgainFrom(seq, clock.monotonicMs());
      else state.refused(path, seq);
    const { theirs } = state;
    const lasting = state.lastingOf(received);
    const have = theirs === undefined ? [] : [{ peer: device, epoch: theirs.epoch, seq: lasting, run: theirs.run }];
    this.#superseded.add(batch.unwanted, (path) => index.wanted(path));
    const changes = [...batch.rows.values()];
    const nowMs = clock.nowMs();
    const committed = index.commit({
      nowUs: clock.nowUs(),
      have,
      history: batch.happened.map((one) => historyRow(one, nowMs)),
      unwant: [...batch.unwant],
      want: [...batch.wants.values()],
      sources: batch.sources,
      mark: batch.mark,
      rows: changes.map(({ change }) => change),
    });
    // Not before: what is not in the index must not be confirmed.
    state.received = received;
    tell(this.#context, batch.happened);
    for (const record of batch.unwanted) this.#litter.add(record);
    for (const path of batch.withdrawn) this.#refused.isOver(path);
    this.#refuse(state, batch.refused);
    const announced = changes.filter(({ change }) => change.announce);
    committed.forEach(({ seq }, i) => {
      // The peer said so itself: it need not be told.
      if (announced[i]?.theirs === true) this.#links.of(state.link)?.knows(seq);
    });
    return {
      wants: [...batch.wants.values()].filter(({ why }) => why === 'fetch'),
      contents: batch.contents.filter(({ record }) => batch.wants.get(record.path)?.record === record),
      changedWants: [...batch.unwant, ...batch.wants.keys()],
    };
  }

  /** Both sides name what stays different. */
  #refuse({ link }: LinkState, refused: ReceivedBatch['refused']): void {
    const [first] = refused;
    if (first === undefined) return;
    for (const { path } of refused) this.#refused.add(path);
    link.refuse(refused.map(({ seq, held }) => ({ seq, held })));
    const fields = { peer: link.name, code: 'E_ROLE', path: first.path, refused: refused.length };
    this.#context.log.info('refuses what the role of the peer does not allow', fields);
  }
}
