// What peers have said of how they take contents; the folder knows it.
import type { PeerLink } from '../ports/peers.ts';

export interface Receivers {
  /** Undefined: not connected. */
  of(link: PeerLink): Receiver | undefined;
}

export interface Receiver {
  /** With zstd. */
  readonly takesPacked: boolean;
  /** One range as several answers. */
  readonly takesParts: boolean;
}
