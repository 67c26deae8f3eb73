// What the users of the soak do, each in a corner of its own, until it is over: so a conflict is one only where two of
// them really write.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Ledger } from './ledger.ts';
import { plant, plantMany, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);

export type Work = (day: WorkDay) => Promise<void>;

const FIRST_DRAFT_MS = 600_000;

/** When the work is over, and at whose disk nobody writes just now. */
export class WorkDay {
  readonly #overMs: number;
  readonly #closed = new Set<string>();
  readonly #atWork = new Map<string, number>();

  /** @param lastsMs from now on */
  constructor(lastsMs: number) {
    this.#overMs = performance.now() + lastsMs;
  }

  isOver(): boolean {
    return performance.now() > this.#overMs;
  }

  /** One piece of work in the folder at `root`, which is done to its end. It waits while the folder is closed. */
  async at(root: string, piece: () => void | Promise<void>): Promise<void> {
    while (this.#closed.has(root)) await sleep(20);
    this.#atWork.set(root, (this.#atWork.get(root) ?? 0) + 1);
    try {
      await piece();
    } finally {
      this.#atWork.set(root, (this.#atWork.get(root) ?? 0) - 1);
    }
  }

  /** The folder at `root` is closed to its users meanwhile, as they would stop who see that their disk is full. */
  async closed(root: string, meanwhile: () => Promise<void>): Promise<void> {
    this.#closed.add(root);
    try {
      while ((this.#atWork.get(root) ?? 0) > 0) await sleep(20);
      await meanwhile();
    } finally {
      this.#closed.delete(root);
    }
  }
}

/** Branches that are switched without pause. */
export function gitStorms(root: string): Work {
  const work = join(root, 'work');
  const begin = async (): Promise<void> => {
    plantMany(work, 120);
    await git(work, 'init', '-q', '-b', 'main');
    for (const branch of ['main', 'other']) {
      if (branch !== 'main') await git(work, 'checkout', '-q', '-b', branch);
      for (let n = 0; n < 50; n++) writeFileSync(join(work, `d000/f${n}.txt`), `${branch} ${n}\n`);
      await git(work, 'add', '-A');
      await git(work, 'commit', '-q', '-m', branch);
    }
  };
  const goOn = async (n: number): Promise<void> => {
    await git(work, 'checkout', '-q', n % 2 === 0 ? 'main' : 'other');
    if (n % 10 !== 9) return;
    writeFileSync(join(work, 'notes.txt'), `note ${n}\n`);
    await git(work, 'add', '-A');
    await git(work, 'commit', '-q', '-m', `note ${n}`);
  };
  return async (day) => {
    await day.at(root, begin);
    for (let n = 0; !day.isOver(); n++) {
      await day.at(root, async () => goOn(n));
      await sleep(300);
    }
  };
}

/** Packages that come and go as a whole. */
export function installs(root: string): Work {
  const place = join(root, 'project/node_modules');
  return async (day) => {
    for (let n = 0; !day.isOver(); n++) {
      await day.at(root, () => plantMany(place, 200, (file) => `package ${file} of ${n % 3}`));
      await sleep(1_500);
      if (day.isOver()) return;
      await day.at(root, () => rmSync(place, { recursive: true }));
      await sleep(500);
    }
  };
}

/** A database that is written all the time. It is closed at the end. */
export function database(root: string): Work {
  return async (day) => {
    const db = new Database(join(root, 'app.db'));
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE IF NOT EXISTS log (n INTEGER PRIMARY KEY, text TEXT)');
    const insert = db.prepare('INSERT INTO log (text) VALUES (?)');
    for (let n = 0; !day.isOver(); n++) {
      await day.at(root, () => void insert.run(`row ${n} `.repeat(20)));
      await sleep(10);
    }
    db.close();
  };
}

/** Documents that are saved over and over. What another device had of them by then must never be lost. */
export function editors(root: string, elsewhere: string, ledger: Ledger): Work {
  const save = (n: number, path: string, content: string): void => {
    const before = read(root, path);
    if (before !== undefined && before === read(elsewhere, path)) ledger.note(before, `${path} before ${n}`);
    if (n % 3 === 0) return plant(root, { [path]: content });
    plant(root, { [`${path}.new`]: content });
    renameSync(join(root, `${path}.new`), join(root, path));
  };
  return async (day) => {
    for (let n = 0; !day.isOver(); n++) {
      const path = `documents/essay ${n % 15}.txt`;
      const content = `draft ${n} of ${path}`;
      await day.at(root, () => save(n, path, content));
      await sleep(150);
      // On a slow machine no draft would ever get there before the next one; the first has all the time that it needs.
      const hasCome = (): boolean => read(elsewhere, path) === content;
      if (n === 0) await waitFor('the first draft is there', hasCome, FIRST_DRAFT_MS);
      else if (n % 20 === 0) while (!day.isOver() && !hasCome()) await sleep(50);
      if (n === 0) ledger.note(content, path);
    }
  };
}

/** Old trees that are copied over what is there, with their times. */
export function oldCopies(root: string, aside: string): Work {
  for (const year of [2001, 2011]) {
    plantMany(join(aside, `${year}`), 40, (n) => `${n} as of ${year}`);
    for (let n = 0; n < 40; n++) {
      const at = new Date(`${year}-05-05T05:05:05Z`);
      utimesSync(join(aside, `${year}/d000/f${n}.txt`), at, at);
    }
  }
  const copy = async (year: number): Promise<void> => {
    mkdirSync(join(root, 'archive'), { recursive: true });
    await run('cp', ['-a', `${join(aside, `${year}`)}/.`, join(root, 'archive')]);
  };
  return async (day) => {
    for (let n = 0; !day.isOver(); n++) {
      await day.at(root, async () => copy(n % 2 === 0 ? 2001 : 2011));
      await sleep(900);
    }
  };
}

/** One file that two devices write. */
export function quarrel(one: string, other: string): Work {
  return async (day) => {
    for (let n = 0; !day.isOver(); n++) {
      const root = n % 2 === 0 ? one : other;
      await day.at(root, () => writeFileSync(join(root, 'shared.txt'), `${n}`));
      await sleep(700);
    }
  };
}

/** Beside the links between the devices, which this process holds as well. */
export async function git(directory: string, ...args: readonly string[]): Promise<void> {
  const named = ['-c', 'user.name=tester', '-c', 'user.email=tester@example.org', '-c', 'gc.auto=0', ...args];
  await run('git', named, { cwd: directory });
}

/** Resident memory and open descriptors of a process. */
export function usageOf(pid: number): { rssBytes: number; descriptors: number } {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
  return { rssBytes: pages * 4096, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
