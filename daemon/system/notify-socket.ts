// What a service says to systemd: sd_notify(3).
import { openDatagrams } from './unix-datagram.ts';

/** What a reload begins with: systemd orders it by CLOCK_MONOTONIC, which is what Node's hrtime reads. */
export function reloadingState(): string {
  return `RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`;
}

/** Says one thing, `NAME=value` a line. What nobody takes is lost, as sd_notify(3) has it. */
export type Notify = (state: string) => void;

/**
 * The way to whoever supervises this process.
 * @param address $NOTIFY_SOCKET
 * @returns why there is none, as half a sentence
 */
export function openNotifySocket(address: string): Notify | { readonly problem: string } {
  return openDatagrams(address);
}
