// Whether a device tells of a deletion where nobody has deleted anything (I4), by what a world says in which users only
// write files.
const ANNOUNCED = /^\s*\d+ (.+) → .+: announce (.*)$/s;

export class Guesses {
  problem: string | undefined;

  /** One line of a world's log. */
  hear(line: string): void {
    const [, from, all] = ANNOUNCED.exec(line) ?? [];
    const deletion = all?.split('; ').find((one) => / absent \{/.test(one));
    if (deletion !== undefined) this.problem ??= `I4: ${from} tells of a deletion that nobody has made: ${deletion}`;
  }
}
