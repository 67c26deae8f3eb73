// A daemon as it is delivered, for benchmarks: built, with a home of its own, and measured from outside.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, dialSocket } from '../../ctl/client.ts';
import type { Answer } from '../../protocol/control.ts';
import { mostResidentMiB, residentMiB } from '../security/memory.ts';

const root = resolve(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
const TICKS_PER_SECOND = 100;
const LOOK_MS = 20;

export interface Usage {
  /** Seconds of processor time so far. */
  readonly cpuS: number;
  /** Resident, and the most that it ever was, MiB. */
  readonly residentMib: number;
  readonly peakMib: number;
}

export class Device {
  readonly name: string;
  readonly home: string;
  readonly #programs: string;
  #child: ChildProcess | undefined;

  /** @param programs where `npm run build` has put them */
  constructor(programs: string, place: string, name: string) {
    this.name = name;
    this.home = join(place, name);
    this.#programs = programs;
    mkdirSync(this.home, { recursive: true });
    this.configure('');
  }

  configure(text: string): void {
    writeFileSync(join(this.home, 'config.yaml'), `name: ${this.name}\n${text}`);
  }

  async start(): Promise<void> {
    this.#child = spawn(node, [join(this.#programs, 'bin/syncd.js'), '--home', this.home], { stdio: 'ignore' });
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`${this.name} ended at its start`);
      const answer = await this.status().catch(() => undefined);
      if (answer !== undefined) return;
      await sleep(LOOK_MS);
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
  }

  /** Asked at its socket: starting syncctl each time would be measured too. */
  async status(): Promise<Answer<'status'>> {
    const client = new Client(dialSocket(join(this.home, 'syncd.sock')), (error) => Promise.reject(error));
    return client.ask('status', {});
  }

  async id(): Promise<string> {
    const { daemon } = await this.status();
    return daemon.id;
  }

  /** Of the daemon and of all that it has started. */
  usage(): Usage {
    const pid = this.#child?.pid;
    const usages = pid === undefined ? [] : [pid, ...childrenOf(pid)].map(usageOf);
    const sum = (of: (usage: Usage) => number): number => usages.reduce((total, usage) => total + of(usage), 0);
    return {
      cpuS: sum((one) => one.cpuS),
      residentMib: sum((one) => one.residentMib),
      peakMib: sum((one) => one.peakMib),
    };
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuS: ticks / TICKS_PER_SECOND, residentMib: residentMiB(pid), peakMib: mostResidentMiB(pid) };
}
