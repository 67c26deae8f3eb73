// Short histories with a kill at every call: `node test/simulation/exhaustive-all.ts FROM TO [STRIDE] [power]` runs each STRIDE-th
// history from FROM up to TO, on each device with a kill at the first call, at the second, and so on until there is none,
// and tells what did not hold. `power`: its machine loses its power with it. Without numbers: all of them, which takes days.
import { HISTORIES, historyOf, tellHistory } from './exhaustive-space.ts';
import { beginnings, runHistory } from './exhaustive-run.ts';

const TELL_EVERY_MS = 60_000;
const [, , ...words] = process.argv;
const power = words.includes('power');
const [from = 0, to = HISTORIES, stride = 1] = words.filter((word) => word !== 'power').map(Number);
const begin = await beginnings();
const startedMs = performance.now();
let toldMs = startedMs;
let histories = 0;
let runs = 0;
let failures = 0;

function tellProgress(next: number): void {
  toldMs = performance.now();
  const seconds = ((toldMs - startedMs) / 1000).toFixed(0);
  console.log(`${histories} histories, ${runs} runs, ${failures} failures, ${seconds} s; next is ${next}`);
}

for (let number = from; number < to; number += stride) {
  const history = historyOf(number);
  histories++;
  for (const device of [0, 1])
    for (let calls = 0, goesOn = true; goesOn; calls++) {
      const { problem, wasKilled } = await runHistory(
        begin,
        history,
        { device, calls, power },
        { silent: calls % 16 === 0 },
      );
      runs++;
      goesOn = wasKilled;
      if (problem === undefined) continue;
      failures++;
      console.log(
        `history ${number}, device ${device} ${power ? 'powerless' : 'killed'} at call ${calls}: ${tellHistory(history)}\n${problem}`,
      );
    }
  if (performance.now() - toldMs > TELL_EVERY_MS) tellProgress(number + stride);
}
tellProgress(to);
process.exitCode = failures > 0 ? 1 : 0;
