// «Did you mean»: the known word that is nearest to what was written.

/** Undefined where nothing is near: more than a third of it would have to change. */
export function suggest(written: string, known: Iterable<string>): string | undefined {
  // What somebody put in by mistake can be long; a key is not.
  if (written.length > 40) return undefined;
  let best: string | undefined;
  let least = Math.ceil(written.length / 3) + 1;
  for (const word of known) {
    const distance = editDistance(written.toLowerCase().replaceAll('-', '_'), word);
    if (distance < least) [best, least] = [word, distance];
  }
  return best;
}

/** Levenshtein: how many characters are added, removed or replaced. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
