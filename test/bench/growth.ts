// How cost grows: with the number of files in a folder, and with the number of clients on one hub.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../protocol/control.ts';
import { freePort } from '../system/free-port.ts';
import { Device } from './device.ts';
import { markdown, rounded } from './report.ts';

const FILE_BYTES = 1024;
const FILES_PER_DIRECTORY = 100;
const EDITS = 30;
/** Memory is given back within that time after the work. */
const REST_MS = 25_000;
const IDLE_MS = 20_000;

/** First scan, first sync, edits, rest and restart of a folder with so many files. */
export async function growthWithFiles(programs: string, place: string, counts: readonly number[]): Promise<string> {
  const rows: string[][] = [];
  for (const files of counts)
    rows.push([files.toLocaleString('en'), ...(await withFiles(programs, join(place, String(files)), files))]);
  const heads = [
    'files',
    'read and hashed plainly',
    'first scan',
    'first sync',
    'most memory',
    'edit p50, p99',
    'at rest',
    'CPU at rest',
    'restart',
  ];
  return markdown(heads, rows);
}

async function withFiles(programs: string, place: string, files: number): Promise<string[]> {
  const [a, b] = [join(place, 'a'), join(place, 'b')];
  fill(a, files);
  mkdirSync(b);
  const plainS = await timed(() => Promise.resolve(readAll(a)));
  const { hub, clients } = await connected(programs, place, a, [b]);
  const [client] = clients;
  if (client === undefined) throw new Error('there is one client');
  try {
    const scanS = await timed(async () => {
      await hub.start();
      await untilScanned(hub, files);
    });
    const syncS = await timed(async () => {
      await client.start();
      await untilThere(client, files);
    });
    const edits = await editTimes(a, [b]);
    await sleep(REST_MS);
    const before = [hub.usage(), client.usage()];
    await sleep(IDLE_MS);
    const after = [hub.usage(), client.usage()];
    const idle = Math.max(...after.map((usage, i) => (usage.cpuS - (before[i]?.cpuS ?? 0)) / (IDLE_MS / 1000)));
    const resident = Math.max(...after.map(({ residentMib }) => residentMib));
    const peak = Math.max(...after.map(({ peakMib }) => peakMib));
    await hub.stop();
    const restartS = await timed(async () => {
      await hub.start();
      await untilScanned(hub, files);
    });
    return [
      `${rounded(plainS)} s`,
      `${rounded(scanS)} s`,
      `${rounded(syncS)} s`,
      `${rounded(peak)} MiB`,
      `${rounded(edits.p50)} ms, ${rounded(edits.p99)} ms`,
      `${rounded(resident)} MiB`,
      `${rounded(idle * 100)} %`,
      `${rounded(restartS)} s`,
    ];
  } finally {
    await Promise.all([hub, ...clients].map((device) => device.stop()));
  }
}

/** What an edit costs a hub, and when all clients have it. */
export async function growthWithClients(programs: string, place: string, counts: readonly number[]): Promise<string> {
  const rows: string[][] = [];
  for (const count of counts) {
    const here = join(place, `clients-${count}`);
    const roots = Array.from({ length: count }, (_, i) => join(here, `root-${i}`));
    const hubRoot = join(here, 'hub-root');
    fill(hubRoot, 1000);
    for (const root of roots) mkdirSync(root);
    const { hub, clients } = await connected(programs, here, hubRoot, roots);
    try {
      await hub.start();
      for (const client of clients) await client.start();
      await Promise.all(clients.map((client) => untilThere(client, 1000)));
      await sleep(2000);
      const before = hub.usage().cpuS;
      const { p50, p99 } = await editTimes(hubRoot, roots);
      const cpuMs = ((hub.usage().cpuS - before) * 1000) / EDITS;
      rows.push([
        String(count),
        `${rounded(p50)} ms, ${rounded(p99)} ms`,
        `${rounded(cpuMs)} ms`,
        `${rounded(cpuMs / count)} ms`,
      ]);
    } finally {
      await Promise.all([hub, ...clients].map((device) => device.stop()));
    }
  }
  return markdown(['clients', 'an edit at all of them, p50, p99', 'CPU of the hub an edit', 'a client'], rows);
}

async function connected(programs: string, place: string, hubRoot: string, roots: readonly string[]) {
  const hub = new Device(programs, place, 'hub');
  const clients = roots.map((_, i) => new Device(programs, place, `client${i}`));
  for (const device of [hub, ...clients]) await device.start();
  const [hubId, ...ids] = await Promise.all([hub, ...clients].map((device) => device.id()));
  for (const device of [hub, ...clients]) await device.stop();
  const port = await freePort();
  const folder = (path: string, peers: readonly string[]): string =>
    `folders: { bench: { path: "${path}", peers: { ${peers.map((peer) => `${peer}: two-way`).join(', ')} } } }\n`;
  const known = clients.map(({ name }, i) => `${name}: { id: ${ids[i]} }`).join(', ');
  hub.configure(
    `listen: "127.0.0.1:${port}"\npeers: { ${known} }\n${folder(
      hubRoot,
      clients.map(({ name }) => name),
    )}`,
  );
  clients.forEach((client, i) =>
    client.configure(
      `peers: { hub: { id: ${hubId}, address: "wss://127.0.0.1:${port}" } }\n${folder(roots[i] ?? '', ['hub'])}`,
    ),
  );
  return { hub, clients };
}

async function untilScanned(device: Device, files: number): Promise<void> {
  await untilStatus(device, (folder) => folder.files >= files && folder.state !== 'scanning');
}

async function untilThere(device: Device, files: number): Promise<void> {
  await untilStatus(device, (folder) => folder.files >= files && folder.pending_files === 0 && folder.state === 'idle');
}

type FolderStatus = Answer<'status'>['folders'][number];

async function untilStatus(device: Device, isSo: (folder: FolderStatus) => boolean): Promise<void> {
  for (;;) {
    const [folder] = (await device.status()).folders;
    if (folder !== undefined && isSo(folder)) return;
    await sleep(20);
  }
}

/** One edit after the other, 50 to 300 ms apart; ms until the content is at all others. */
async function editTimes(
  from: string,
  others: readonly string[],
): Promise<{ readonly p50: number; readonly p99: number }> {
  const times: number[] = [];
  for (let i = 0; i < EDITS; i++) {
    await sleep(50 + ((i * 97) % 250));
    const name = join('d0', `file-${i}`);
    const content = createHash('sha256').update(`${i} ${performance.now()}`).digest('hex');
    const began = performance.now();
    writeFileSync(join(from, name), content);
    while (!others.every((root) => readFileSync(join(root, name), 'utf8') === content)) await sleep(1);
    times.push(performance.now() - began);
  }
  times.sort((x, y) => x - y);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

function fill(root: string, files: number): void {
  for (let dir = 0; dir * FILES_PER_DIRECTORY < files; dir++) {
    mkdirSync(join(root, `d${dir}`), { recursive: true });
    for (let i = 0; i < FILES_PER_DIRECTORY && dir * FILES_PER_DIRECTORY + i < files; i++)
      writeFileSync(join(root, `d${dir}`, `file-${i}`), `${dir}/${i} `.padEnd(FILE_BYTES, '.'));
  }
}

/** The least that a first scan can be: walking, reading and hashing the same bytes. */
function readAll(root: string): void {
  for (const dir of readdirSync(root))
    for (const name of readdirSync(join(root, dir)))
      createHash('sha256')
        .update(readFileSync(join(root, dir, name)))
        .digest();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
