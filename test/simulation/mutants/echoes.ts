// Whether a device is told what it has told itself (I7), by what a world of two says while their connection lasts.
const ANNOUNCED = /^\s*\d+ (.+) → (.+): announce (.*)$/s;
/** What a user does, and time that passes, ends no connection. */
const HARMLESS = /^\s*\d+ -- (?:\d+ ms|\d+: )/;
const ANY_STEP = /^\s*\d+ -- /;

export class Echoes {
  readonly #told = new Map<string, string>();
  problem: string | undefined;

  /** One line of a world's log. */
  hear(line: string): void {
    if (ANY_STEP.test(line) && !HARMLESS.test(line)) this.#told.clear();
    const [, from, , all] = ANNOUNCED.exec(line) ?? [];
    if (from === undefined || all === undefined) return;
    for (const one of all.split('; ')) {
      // Each device has sequences of its own, and content may go along or not.
      const version = one.replace(/^\d+ /, '').replace(/ with content$/, '');
      // A version that both have merged each may tell.
      if (!/ \{\w+\} /.test(version)) continue;
      const first: string = this.#told.get(version) ?? from;
      this.#told.set(version, first);
      if (first !== from) this.problem ??= `I7: ${from} tells what it was told: ${version}`;
    }
  }
}
