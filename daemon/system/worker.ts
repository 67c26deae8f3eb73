// The inside of a worker thread: runs one job at a time, synchronously, on the real file system, and answers in order.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import type { Job } from '../ports/workers.ts';
import { RealFileSystem } from './file-system.ts';
import { giveBack } from './give-back.ts';
import { freeSent, movable } from './movable.ts';
import { type Answer, type Request, type WorkerStart, sendError } from './worker-messages.ts';

/** A job of any shape: what it takes is made by who names it. */
type AnyJob = Job<never, unknown>;

const port = parentPort;
assert(port !== null, 'worker.ts runs in a worker thread');

// The pool has written it.
const { registry } = workerData as WorkerStart;
const { jobs } = (await import(registry)) as { readonly jobs: readonly AnyJob[] };
const byName = new Map(jobs.map((job) => [job.name, job]));
assert(byName.size === jobs.length, 'each job has a name of its own');

const fs = new RealFileSystem();

function answerTo(request: Request): Answer {
  if (request.kind === 'ping') return { kind: 'pong' };
  if (request.kind === 'rest') {
    giveBack();
    return { kind: 'pong' };
  }
  try {
    const job = byName.get(request.job);
    assert(job !== undefined, `the job ${request.job} is in the registry`);
    // The pool sends the input that the type of the same job, in the other thread, has asked for.
    return { kind: 'done', output: job.run(fs, request.input as never) };
  } catch (error) {
    return { kind: 'failed', error: sendError(error) };
  }
}

function send(answer: Answer, isPlain: boolean): void {
  try {
    port?.postMessage(answer, answer.kind === 'done' && !isPlain ? movable(answer.output) : []);
  } catch (error) {
    // An output that cannot be cloned, a function in it for one.
    port?.postMessage({ kind: 'failed', error: sendError(error) } satisfies Answer);
  }
}

port.on('message', (request: Request) => {
  send(answerTo(request), request.kind === 'run' && request.isPlain);
  // What a job was given is of no use after it. Freed now: a collector that counts its own heap lets it grow for long.
  freeSent(request);
});

send({ kind: 'loaded' }, false);
