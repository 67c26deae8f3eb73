// Worker threads for disk work (ports/workers.ts). First come, first served, but for long jobs: one thread is always left
// for the others. A thread is started when there is work for it and none is free, or by warm(). One that dies takes only
// its own job with it: the next job starts another.
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import type { Log } from '../ports/log.ts';
import type { Job, Workers } from '../ports/workers.ts';
import { movableOf } from './movable.ts';
import { type Answer, type Request, type WorkerStart, receiveError } from './worker-messages.ts';

const DEFAULT_SIZE = 2;
/** Who asks awaits, so a queue like this means that somebody does not. */
const MAX_QUEUED = 10_000;
/** Numbers of jobs that are remembered; what is forgotten may go to another thread. */
const MAX_FOLLOWED = 256;
/** What jobs leave is short-lived: collecting it oftener costs nothing that can be measured, and it would grow to 64 MB. */
const YOUNG_MB = 12;
/** A thread that waits for the kernel (a dead network disk) cannot be ended; it is left behind. */
const CLOSE_WITHIN_MS = 800;
/** What a thread loads it loads in a tenth of this, on a machine that has time for it. */
const LOADED_WITHIN_MS = 2_500;

/** This file's own extension: .ts in a checkout, .js in the package. */
const EXTENSION = extname(import.meta.url);

/** Rejected with when the pool is closed before the job is done, or when its thread ended under it. */
export class WorkerGone extends Error {
  override readonly name = 'WorkerGone';
}

interface Waiting {
  readonly request: Request;
  readonly isLong: boolean;
  /** {@link Job.follows} */
  readonly follows: number | undefined;
  resolve(output: unknown): void;
  reject(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  /** Before it nobody ends the thread: an addon that cannot tell its thread of a failure ends the whole process. */
  readonly loaded: Promise<void>;
  /** What it works on, the oldest first: a job and pings behind it. */
  readonly given: Waiting[];
}

export interface WorkerPoolOptions {
  readonly size?: number;
  /** The module that exports `jobs`; disk/jobs by default. */
  readonly registry?: URL;
}

export class WorkerPool implements Workers {
  /** Undefined until there is one: threads are begun before anything else. */
  log: Log | undefined;
  readonly #size: number;
  readonly #start: WorkerStart;
  readonly #threads = new Set<Thread>();
  readonly #queue: Waiting[] = [];
  /** Where the last job of each number went. */
  readonly #followed = new Map<number, Thread>();
  #closed = false;

  constructor(options: WorkerPoolOptions = {}) {
    this.#size = options.size ?? DEFAULT_SIZE;
    const registry = options.registry ?? new URL(`../disk/jobs${EXTENSION}`, import.meta.url);
    this.#start = { registry: registry.href };
  }

  /** Starts all threads, which are loaded while their owner is. */
  warm(): void {
    while (this.#threads.size < this.#size) this.#startThread();
  }

  run<Input, Output>(job: Job<Input, Output>, input: Input): Promise<Output> {
    const request: Request = { kind: 'run', job: job.name, input, isPlain: job.isPlain === true };
    // The job of this name, in the other thread, gives what its type says.
    const [isLong, follows] = [job.isLong?.(input) === true, job.follows?.(input)];
    return this.#ask(request, (waiting) => this.#queue.push(waiting), isLong, follows) as Promise<Output>;
  }

  /** Resolves when each living thread has answered, after the job that it is on. For a watchdog. */
  async ping(): Promise<void> {
    await this.#tellAll({ kind: 'ping' });
  }

  /** Of the threads that have nothing to do one stays; it gives back the memory that it does not use, as the others do. */
  async rest(): Promise<void> {
    const [, ...idle] = [...this.#threads].filter(({ given }) => given.length === 0);
    for (const thread of idle) {
      this.#threads.delete(thread);
      void end(thread);
    }
    await this.#tellAll({ kind: 'rest' });
  }

  async #tellAll(request: Request): Promise<void> {
    const told = [...this.#threads].map((thread) => this.#ask(request, (waiting) => this.#give(thread, waiting)));
    await Promise.all(told);
  }

  /**
   * Ends all threads; what they were on is rejected. Within a second of their being loaded, and {@link LOADED_WITHIN_MS} for
   * that, whatever they do: false when one of them waits for the kernel and is left behind. Then `process.exit` would wait
   * for it too, and only a signal ends the process.
   */
  async close(): Promise<boolean> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(new WorkerGone('the worker pool is closed'));
    const threads = [...this.#threads];
    for (const thread of threads) this.#bury(thread, 'the worker pool is closed');
    const loaded = Promise.all(threads.map((thread) => thread.loaded));
    const ended = Promise.all(threads.map(end));
    return (await within(LOADED_WITHIN_MS, loaded)) && (await within(CLOSE_WITHIN_MS, ended));
  }

  async #ask(request: Request, place: (waiting: Waiting) => void, isLong = false, follows?: number): Promise<unknown> {
    if (this.#closed) throw new WorkerGone('the worker pool is closed');
    assert(this.#queue.length < MAX_QUEUED, 'jobs are awaited, not piled up');
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    place({ request, isLong, follows, resolve, reject });
    this.#goOn();
    return promise;
  }

  /** Gives the oldest waiting jobs to free threads. */
  #goOn(): void {
    let at = 0;
    for (let waiting = this.#queue[at]; waiting !== undefined && !this.#isBusy; waiting = this.#queue[at]) {
      const thread = this.#mayBegin(waiting) ? this.#threadFor(waiting) : undefined;
      if (thread === undefined) {
        at++;
        continue;
      }
      this.#queue.splice(at, 1);
      this.#give(thread, waiting);
    }
  }

  get #isBusy(): boolean {
    return this.#threads.size >= this.#size && [...this.#threads].every(({ given }) => given.length > 0);
  }

  /** One thread is always left for what is not long. */
  #mayBegin({ isLong }: Waiting): boolean {
    if (!isLong) return true;
    const long = [...this.#threads].filter(({ given }) => given[0]?.isLong === true).length;
    return long < Math.max(1, this.#size - 1);
  }

  /** Undefined while it waits for the one that had the job before it. */
  #threadFor({ follows }: Waiting): Thread | undefined {
    if (follows === undefined) return this.#freeThread();
    const last = this.#followed.get(follows);
    const stays = last !== undefined && this.#threads.has(last) && last.given[0]?.isLong !== true;
    if (stays && last.given.length > 0) return undefined;
    const thread = stays ? last : this.#freeThread();
    if (thread !== undefined) this.#remember(follows, thread);
    return thread;
  }

  #remember(follows: number, thread: Thread): void {
    this.#followed.delete(follows);
    const [oldest] = this.#followed.keys();
    if (oldest !== undefined && this.#followed.size >= MAX_FOLLOWED) this.#followed.delete(oldest);
    this.#followed.set(follows, thread);
  }

  #freeThread(): Thread | undefined {
    for (const thread of this.#threads) if (thread.given.length === 0) return thread;
    return this.#threads.size < this.#size ? this.#startThread() : undefined;
  }

  #startThread(): Thread {
    const worker = new Worker(new URL(`./worker${EXTENSION}`, import.meta.url), {
      workerData: this.#start,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const { promise: loaded, resolve: isLoaded } = Promise.withResolvers<void>();
    const thread: Thread = { worker, loaded, given: [] };
    worker.on('message', (answer: Answer) => (answer.kind === 'loaded' ? isLoaded() : this.#answered(thread, answer)));
    worker.on('exit', isLoaded);
    worker.on('error', (error) => this.#ended(thread, String(error)));
    worker.on('exit', (code) => this.#ended(thread, `it ended with ${code}`));
    worker.unref();
    this.#threads.add(thread);
    return thread;
  }

  #give(thread: Thread, waiting: Waiting): void {
    try {
      const { request } = waiting;
      thread.worker.postMessage(request, movableOf(request));
    } catch (error) {
      // An input that cannot be cloned.
      waiting.reject(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    thread.given.push(waiting);
    // Work in hand keeps the process alive; idle threads do not.
    thread.worker.ref();
  }

  #answered(thread: Thread, answer: Exclude<Answer, { kind: 'loaded' }>): void {
    const waiting = thread.given.shift();
    // It was buried meanwhile.
    if (waiting === undefined) return;
    if (thread.given.length === 0) thread.worker.unref();
    if (answer.kind === 'failed') waiting.reject(receiveError(answer.error));
    else waiting.resolve(answer.kind === 'done' ? answer.output : undefined);
    this.#goOn();
  }

  #ended(thread: Thread, why: string): void {
    if (!this.#threads.has(thread)) return;
    this.log?.error('a worker thread ended; another takes its place', { why });
    this.#bury(thread, `a worker thread ended: ${why}`);
    this.#goOn();
  }

  #bury(thread: Thread, why: string): void {
    this.#threads.delete(thread);
    for (const { reject } of thread.given.splice(0)) reject(new WorkerGone(why));
  }
}

async function end({ loaded, worker }: Thread): Promise<void> {
  await loaded;
  await worker.terminate();
}

/** False when the time was over first. */
async function within(ms: number, done: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timeout = setTimeout(() => resolve(false), ms);
  const isDone = await Promise.race([done.then(() => true), late]);
  clearTimeout(timeout);
  return isDone;
}
