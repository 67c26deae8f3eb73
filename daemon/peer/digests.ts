// The digests of what an invitation gives: made for a device that has its secret and holds something already. Each answer
// stays in memory until it is sent, so only so many are given in a minute; without one, counts are all that is shown.
import { DIGEST_TIMEOUT_MS, MAX_DIGESTS_PER_MINUTE, MAX_DIGEST_BYTES } from '../../protocol/limits.ts';
import type { Joined } from '../../protocol/messages.ts';
import { DIGEST_ENTRY_BYTES, type FolderDigest, parseDigest } from '../core/digest.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { JoinAnswer } from './conversation.ts';
import type { HostFolder } from './host.ts';
import type { Trust } from './trust.ts';

export class OfferedDigests {
  readonly #trust: Trust;
  readonly #clock: Clock;
  readonly #log: Log;
  /** When the last ones were asked for, monotonic. */
  #askedMs: readonly number[] = [];

  constructor(trust: Trust, clock: Clock, log: Log) {
    this.#trust = trust;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * The offer, and with it the digests of those folders whose digests fit one payload together.
   * @param here the offered folders on this device
   */
  async addTo(offered: Joined, here: readonly HostFolder[]): Promise<JoinAnswer> {
    if (!this.#mayGive()) return { message: offered };
    const folders: Joined['folders'][number][] = [];
    const digests: FolderDigest[] = [];
    let left = MAX_DIGEST_BYTES;
    for (const [i, folder] of offered.folders.entries()) {
      const digest = await this.#digestOf(here[i], left);
      folders.push(digest === undefined ? folder : { ...folder, digest: digest.byteLength });
      if (digest === undefined) continue;
      digests.push(digest);
      left -= digest.byteLength;
    }
    const payload = Buffer.concat(digests);
    if (payload.byteLength === 0) return { message: { ...offered, folders } };
    return { message: { ...offered, folders, payload: payload.byteLength }, payload };
  }

  /** An answer may be on its way for as long as {@link DIGEST_TIMEOUT_MS}. */
  #mayGive(): boolean {
    const nowMs = this.#clock.monotonicMs();
    const recent = this.#askedMs.filter((time) => time > nowMs - DIGEST_TIMEOUT_MS);
    const may = recent.length < MAX_DIGESTS_PER_MINUTE;
    this.#askedMs = may ? [...recent, nowMs] : recent;
    return may;
  }

  async #digestOf(here: HostFolder | undefined, maxBytes: number): Promise<FolderDigest | undefined> {
    // One that is made when the peer joins is empty until then.
    if (here?.exists === false) return parseDigest(new Uint8Array());
    const folder = here && this.#trust.settings.folders.get(here.name);
    try {
      return await folder?.digest(Math.floor(maxBytes / DIGEST_ENTRY_BYTES));
    } catch (error) {
      // A folder that is closed meanwhile, for one. The invitation is as good without it.
      this.#log.warn('a folder could not be read for the preview of a join', { folder: here?.name, error });
      return undefined;
    }
  }
}
