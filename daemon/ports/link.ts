// One authenticated connection to one peer. It carries whole messages, in order, or ends.
import type { DeviceId } from '../core/ids.ts';

export interface Link {
  /** Whose public key the other end has proved to hold. */
  readonly device: DeviceId;
  /** Where the other end is, as `host:port`, for status and log only. */
  readonly address: string;
  /** Bytes given to `send` and not yet taken by the network. */
  readonly queuedBytes: number;
  /** Bytes that came from the other end so far, parts of messages too: a sign of life while a large one arrives. */
  readonly receivedBytes: number;
  /**
   * Queues one message. After the end it does nothing. Never waits: who sends looks at `queuedBytes` first. A message of
   * 64 KiB or more is given away: its memory may be freed when it has gone.
   * @param packs it becomes much smaller when it is compressed
   */
  send(message: Uint8Array, packs?: boolean): void;
  /** The one receiver; set in the same turn in which the link is handed over. Messages before that are not lost. */
  onMessage(receive: (message: Uint8Array) => void): void;
  /** Called once, whoever ends the link. */
  onEnd(ended: (reason: string) => void): void;
  /** Called each time that `queuedBytes` has fallen below 256 KiB. */
  onDrain(drained: () => void): void;
  /** Stops or goes on reading: what the peer sends meanwhile waits in the network. */
  setReading(on: boolean): void;
  /** Ends after what is queued has gone out, within 2 s at most. From now on nothing is received and nothing more is sent. */
  close(reason: string): void;
  /** Ends at once; what is queued may be lost. */
  terminate(reason: string): void;
}
