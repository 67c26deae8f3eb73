// Makes a failing case shorter: takes deeds and parts of the base away, as long as the rest still fails.
import { isBelow } from '../../../daemon/core/path.ts';
import type { ModelCase } from './case.ts';

export function shorten(what: ModelCase, fails: (shorter: ModelCase) => boolean): ModelCase {
  let best = what;
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    for (const shorter of shorterBy(best)) {
      if (!fails(shorter)) continue;
      best = shorter;
      isShorter = true;
      break;
    }
  }
  return best;
}

function* shorterBy(what: ModelCase): Generator<ModelCase> {
  for (let i = 0; i < what.deeds.length; i++) yield { ...what, deeds: what.deeds.toSpliced(i, 1) };
  for (const [gone] of what.base.toReversed())
    yield { ...what, base: what.base.filter(([path]) => path !== gone && !isBelow(path, gone)) };
  for (let i = 0; i < what.buried.length; i++) yield { ...what, buried: what.buried.toSpliced(i, 1) };
}
