// A daemon that a host's systemd runs, with its home and its folder on the host's own disk; asked by the real syncctl
// through its socket, and its folder written to as a program on that host would.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type Ended, runProgram, syncctl } from '../system/daemon.ts';
import type { StatusAnswer } from '../system/status.ts';
import { waitFor } from '../system/wait-for.ts';
import type { Hosts } from './hosts.ts';

const PORT = 9031;

export interface Places {
  /** The daemon's home, as the host sees it. */
  readonly home: string;
  /** The folder's root, as the host sees it. */
  readonly folder: string;
}

/**
 * For tests that count every content: nothing is held, and of a disk of 300 MB a tenth is soon full of versions, after which
 * what would need another one is skipped.
 */
export const KEEPS_ALL = 'defaults: { max_delete: 100%, versions: { max_size: 90% } }\n';

/** Both on the disk that loses what was not synced when the power is cut. */
const ON_DISK: Places = { home: '/data/home', folder: '/data/docs' };

export class Device {
  readonly name: string;
  readonly places: Places;
  readonly #hosts: Hosts;

  constructor(hosts: Hosts, name: string, places: Places = ON_DISK) {
    this.name = name;
    this.places = places;
    this.#hosts = hosts;
  }

  /** The folder's root, as the machine sees it. */
  get root(): string {
    return this.#hosts.outside(this.name, this.places.folder);
  }

  /**
   * Installs the service and starts it. The unit is a plain one: where kernel settings are protected, systemd shows the
   * machine's boot ID in place of the host's, and a power loss would look like a mere restart.
   */
  async install(config = ''): Promise<void> {
    const { home, folder } = this.places;
    for (const place of [home, folder]) mkdirSync(this.#hosts.outside(this.name, place), { recursive: true });
    writeFileSync(this.#hosts.outside(this.name, join(home, 'config.yaml')), `name: ${this.name}\n${config}`);
    const { node, programs } = this.#hosts;
    writeFileSync(
      this.#hosts.outside(this.name, '/etc/systemd/system/syncd.service'),
      [
        '[Service]',
        'Type=exec',
        `ExecStart=${node} ${programs}/daemon/main.ts --home ${home}`,
        'Restart=on-failure',
        'RestartSec=1',
        '[Install]',
        'WantedBy=multi-user.target',
        '',
      ].join('\n'),
    );
    await this.systemctl('enable', '--now', 'syncd');
    await this.answers();
  }

  async systemctl(...args: readonly string[]): Promise<string> {
    return this.#hosts.run(this.name, 'systemctl', ...args);
  }

  /** Returns when the daemon can be asked. */
  async answers(): Promise<void> {
    const socket = this.#hosts.outside(this.name, join(this.places.home, 'syncd.sock'));
    try {
      // Of a daemon that was killed the socket is still there.
      await waitFor(`${this.name} listens`, () => accepts(socket));
      await waitFor(`${this.name} answers`, async () => (await this.ctl('status')).code === 0);
    } catch (error) {
      throw new Error(`${this.name} does not answer:\n${await this.logs()}`, { cause: error });
    }
  }

  /** Boots the host again after its end, and waits for the daemon. */
  async boot(): Promise<void> {
    await this.#hosts.does('up', this.name);
    await this.answers();
  }

  /** Runs syncctl to its end, whatever its exit status. */
  async ctl(...args: readonly string[]): Promise<Ended> {
    const home = this.#hosts.outside(this.name, this.places.home);
    return runProgram([syncctl, '--home', home, ...args]);
  }

  /** The same, and it must exit 0. Answers with standard output. */
  async ok(...args: readonly string[]): Promise<string> {
    const ended = await this.ctl(...args);
    assert.equal(ended.code, 0, `syncctl ${args.join(' ')} on ${this.name}: ${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  }

  async status(): Promise<StatusAnswer> {
    // The promised shape; operate.test.ts holds it.
    return JSON.parse(await this.ok('--json', 'status')) as StatusAnswer;
  }

  async folder(): Promise<StatusAnswer['folders'][number]> {
    const [folder] = (await this.status()).folders;
    assert.ok(folder, `${this.name} has the folder`);
    return folder;
  }

  /** How it knows this peer. */
  async peer(name: string): Promise<StatusAnswer['peers'][number]> {
    const found = (await this.status()).peers.filter((peer) => peer.name === name);
    const [peer] = found;
    assert.ok(peer !== undefined && found.length === 1, `${this.name} lists ${name} once`);
    return peer;
  }

  /** The last lines of its journal, of this boot and those before. */
  async logs(): Promise<string> {
    return (await this.#hosts.tries('logs', this.name, 'syncd', '--', '-n', '60', '-o', 'cat')).stdout;
  }
}

/** The joiner takes the folder `docs` from the inviter. */
export async function pair(inviter: Device, joiner: Device): Promise<void> {
  const known = (await inviter.status()).folders.length > 0;
  if (!known) await inviter.ok('add-folder', 'docs', inviter.places.folder);
  const invitation = await inviter.ok('invite', 'docs', '--address', `${inviter.name}:${PORT}`);
  await joiner.ok('join', invitation.trim(), joiner.places.folder, '--yes');
}

/** Waits until the devices, one after the other, say that the folder is the same everywhere. */
export async function settle(devices: readonly Device[], seconds = 60): Promise<void> {
  for (const device of devices) await device.ok('wait', 'docs', '--timeout', `${seconds}`);
}

/** Boots hosts of these names, each with the service and a disk of its own. */
export async function bootDevices(
  hosts: Hosts,
  names: readonly string[],
  options: { readonly places?: Places; readonly config?: string } = {},
): Promise<Device[]> {
  await hosts.does('up', ...names, '--disk', '300M');
  const devices = names.map((name) => new Device(hosts, name, options.places));
  await Promise.all(devices.map((device) => device.install(options.config)));
  return devices;
}

async function accepts(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const connection = createConnection(socket, () => {
      connection.destroy();
      done(true);
    });
    connection.on('error', () => done(false));
  });
}
