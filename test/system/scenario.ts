// The setting of the scenario tests: two daemons that keep a folder for each scenario, over a link that can be taken
// away, and the same checks after each of them. What a scenario does is in its test; what must hold after anything
// whatever is here.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, conflictPaths, inSync, sentBytes, waited } from './ask.ts';
import { Daemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { Ledger, imprintOf } from './ledger.ts';
import { type LinkProxy, openLinkProxy } from './link-proxy.ts';
import { rounds } from './rounds.ts';
import { assertSameTrees, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

/** Not in CI, where each change is tried. */
export const LONG = rounds(1) > 1;

const CONFIG = 'defaults: { rescan: 5s }\n';
const FILES = 200;
const DIRECTORIES = 7;
/** A part of what would be looked at in a long run: enough to see an echo, which comes at once. */
const QUIET_MS = LONG ? 5_000 : 1_000;
/** PING and PONG of ten seconds, both ways, and no record or chunk. */
const QUIET_BYTES = 600;

export interface Scenario {
  readonly t: TestContext;
  /** The folder's name on both devices. */
  readonly folder: string;
  readonly hub: Daemon;
  readonly laptop: Daemon;
  /** The folder's root on the hub, and on the laptop. */
  readonly left: string;
  readonly right: string;
  readonly ledger: Ledger;
  readonly link: LinkProxy;
  /** Waits on both, compares the trees, and notes what is in them: from now on none of it may be lost. */
  same(): Promise<void>;
  /** The link is down meanwhile, and both daemons run. What lies there at the end has settled. */
  apart(work: () => void | Promise<void>): Promise<void>;
  /** The laptop's daemon is stopped meanwhile. */
  whileStopped(work: () => void | Promise<void>): Promise<void>;
}

type Act = (scenario: Scenario) => Promise<void>;

/**
 * Starts the two daemons before the first scenario of a file. Answers with what registers a scenario: a test with a
 * folder of its own.
 */
export function scenarios(): (title: string, act: Act) => void {
  const titles: string[] = [];
  const stage = new Stage();
  let opened: Promise<void> | undefined;
  after(async () => stage.close());
  return (title, act) => {
    titles.push(title);
    test(title, async (t) => {
      // The first of them to run comes when all are registered.
      opened ??= stage.open(titles.map(folderOf));
      await opened;
      try {
        const scenario = await stage.scenario(t, folderOf(title));
        await act(scenario);
        await stage.check(scenario);
      } catch (error) {
        for (const daemon of stage.daemons) t.diagnostic(`log of ${daemon.name}:\n${daemon.logs()}`);
        throw error;
      }
    });
  };
}

class Stage {
  readonly #place = mkdtempSync(join(tmpdir(), 'syncd-test-'));
  readonly #hub = new Daemon(join(this.#place, 'home-hub'), { name: 'hub' });
  readonly #laptop = new Daemon(join(this.#place, 'home-laptop'), { name: 'laptop' });
  /** A tree that belongs to nobody, beside the folders. */
  readonly #outside = join(this.#place, 'outside');
  #imprint: string[] = [];
  #link: LinkProxy | undefined;

  get daemons(): readonly Daemon[] {
    return [this.#hub, this.#laptop];
  }

  async open(folders: readonly string[]): Promise<void> {
    const port = await freePort();
    this.#hub.configure(`listen: 127.0.0.1:${port}\n${CONFIG}`);
    this.#laptop.configure(`listen: false\n${CONFIG}`);
    plant(this.#outside, { 'canary.txt': 'sings', 'cage/perch.txt': 'inside', link: { link: 'cage' } });
    this.#imprint = imprintOf(this.#outside);
    this.#link = await openLinkProxy(port);
    await Promise.all([this.#hub.start(), this.#laptop.start()]);
    for (const name of folders) await ask(this.#hub, 'folders/add', { name, path: this.#root('hub', name) });
    const invitation = await this.#hub.ok('invite', ...folders, '--address', this.#link.address);
    const [only] = folders;
    const places =
      folders.length === 1 && only !== undefined ? this.#root('laptop', only) : join(this.#place, 'laptop');
    mkdirSync(join(this.#place, 'laptop'));
    await this.#laptop.ok('join', invitation.trim(), places);
  }

  async close(): Promise<void> {
    await Promise.all([this.#hub.kill(), this.#laptop.kill()]);
    this.#link?.close();
    rmSync(this.#place, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Its folder, with what every scenario begins with, in sync. */
  async scenario(t: TestContext, folder: string): Promise<Scenario> {
    const [hub, laptop, link, ledger] = [this.#hub, this.#laptop, this.#link, new Ledger()];
    assert.ok(link !== undefined, 'the stage is open');
    const [left, right] = [this.#root('hub', folder), this.#root('laptop', folder)];
    const roots = [left, right];
    const same = async (): Promise<void> => {
      await inSync(folder, hub, laptop);
      assertSameTrees(left, right);
      ledger.noteTree(left);
    };
    const apart: Scenario['apart'] = async (work) => {
      link.down();
      await work();
      await seen(folder, hub, laptop);
      for (const root of roots) ledger.noteTree(root);
      link.up();
      await ask(laptop, 'sync', { folder });
    };
    const whileStopped: Scenario['whileStopped'] = async (work) => {
      await laptop.stop();
      await work();
      for (const root of roots) ledger.noteTree(root);
      await laptop.start();
    };
    // Not what a scenario before this one has left by failing.
    link.up();
    for (const daemon of [hub, laptop]) if (!daemon.isRunning()) await daemon.start();
    plantSmallFiles(left);
    await same();
    return { t, folder, hub, laptop, left, right, ledger, link, same, apart, whileStopped };
  }

  /** After anything whatever. */
  async check({ folder, hub, laptop, left, right, ledger, same }: Scenario): Promise<void> {
    // I15: whatever there was, it holds up nothing.
    writeFileSync(join(left, 'sentinel of the hub'), folder);
    writeFileSync(join(right, 'sentinel of the laptop'), folder);
    await same(); // I2
    const sent = async (): Promise<number> => (await sentBytes(hub)) + (await sentBytes(laptop));
    assert.equal(read(right, 'sentinel of the hub'), folder);
    assert.equal(read(left, 'sentinel of the laptop'), folder);
    ledger.assertKept(left, right); // I1
    assert.deepEqual(imprintOf(this.#outside), this.#imprint, 'I8: nothing outside has been touched');
    const [there, here] = await Promise.all([hub, laptop].map(async (daemon) => conflictPaths(daemon, folder)));
    assert.deepEqual(there, here, 'I2: both list the same conflicts');
    for (const root of [left, right]) {
      const staged = (): string[] => readdirSync(join(root, '.syncd/staging'));
      await waitFor(
        () => `staging is empty in ${root}: ${staged().join(', ')}`,
        () => staged().length === 0,
      );
    }
    const before = await sent(); // I7
    await sleep(QUIET_MS);
    const said = (await sent()) - before;
    assert.ok(said <= QUIET_BYTES, `I7: ${said} bytes were sent at rest`);
  }

  #root(device: 'hub' | 'laptop', folder: string): string {
    return join(this.#place, device, folder);
  }
}

/** 200 small files in 7 directories. */
export function plantSmallFiles(root: string): void {
  for (let n = 0; n < FILES; n++) plant(root, { [`usual ${n % DIRECTORIES}/${n}.txt`]: `small file ${n}\n` });
}

/** Both have looked at what was written before, alone: `wait` does that, and then finds no peer. */
async function seen(folder: string, ...daemons: readonly Daemon[]): Promise<void> {
  const answers = await Promise.all(daemons.map(async (daemon) => waited(daemon, folder, 1)));
  for (const { result } of answers) assert.notEqual(result, 'in-sync', 'nobody is there to be in sync with');
}

/** A folder's name: how the title begins, in characters that every file system takes. */
function folderOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/-$/, '');
}
