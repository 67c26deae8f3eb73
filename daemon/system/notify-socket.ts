// What a service says to systemd: sd_notify(3).

/** What a reload begins with: systemd orders it by CLOCK_MONOTONIC, which is what Node's hrtime reads. */
export function reloadingState(): string {
  return `RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`;
}

/** Says one thing, `NAME=value` a line. What nobody takes is lost, as sd_notify(3) has it. */
export type Notify = (state: string) => void;
