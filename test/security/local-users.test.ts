// Another user of the machine: reads nothing of the daemon's own, reaches no socket, and finds no moment at which a file is
// more open than it is meant to be. The home and the temporary directory are open to all here, and the umask lets all pass.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Daemon, makeDaemon, node, pair, settle, temporaryDirectory } from '../system/daemon.ts';
import { plant, read } from '../system/trees.ts';

/** Of nobody on any machine; none is made. */
const OWNER = 61_234;
const SHARED_GROUP = 61_000;
const OTHER = 61_235;

const as = (user: number, group: number): string[] => [
  'setpriv',
  `--reuid=${user}`,
  `--regid=${group}`,
  '--clear-groups',
];

function cannot(): string | false {
  if (process.getuid?.() !== 0) return 'only root can become other users';
  try {
    execFileSync('setpriv', [...as(OTHER, SHARED_GROUP).slice(1), node, '--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'other users cannot run the program from where it lies, or setpriv is not there';
  }
}
const skip = cannot();

/** A daemon of OWNER in a home that everybody may enter, which was started with the given umask. */
async function ownedDaemon(t: TestContext, name: string, umask: string): Promise<Daemon> {
  const daemon = makeDaemon(t, {
    name,
    args: ['--log-level', 'debug'],
    under: [...as(OWNER, SHARED_GROUP), 'sh', '-c', `umask ${umask}; exec "$0" "$@"`],
  });
  chmodSync(dirname(daemon.home), 0o755);
  chmodSync(daemon.home, 0o755);
  for (const path of [daemon.home, join(daemon.home, 'config.yaml')]) chownSync(path, OWNER, SHARED_GROUP);
  await daemon.start();
  return daemon;
}

function ownedDirectory(place: string, name: string): string {
  const path = join(place, name);
  mkdirSync(path);
  chownSync(path, OWNER, SHARED_GROUP);
  return path;
}

function allBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? [path, ...allBelow(path)] : [path];
  });
}

/** Which of these paths can be read, listed or connected to by another user of the same group, or of none. */
function reachableFor(group: number, paths: readonly string[]): string[] {
  const program = `
    const fs = require('node:fs'), net = require('node:net');
    const reached = [];
    const tries = JSON.parse(fs.readFileSync(0, 'utf8')).map((path) => new Promise((done) => {
      for (const open of [() => fs.readFileSync(path), () => fs.readdirSync(path), () => fs.openSync(path, 'r+')])
        try { open(); reached.push(path); } catch {}
      const socket = net.connect(path, () => { reached.push(path); socket.destroy(); done(); });
      socket.on('error', () => done());
    }));
    Promise.all(tries).then(() => console.log(JSON.stringify(reached)));`;
  const [setpriv = '', ...args] = as(OTHER, group);
  const said = execFileSync(setpriv, [...args, node, '-e', program], {
    input: JSON.stringify(paths),
    encoding: 'utf8',
  });
  return JSON.parse(said) as string[];
}

test(
  'I8: with a umask that lets all pass, another user reads nothing of the daemon’s and cannot speak to it',
  { skip },
  async (t) => {
    const place = temporaryDirectory(t);
    chmodSync(place, 0o755);
    const hub = await ownedDaemon(t, 'hub', '000');
    const laptop = await ownedDaemon(t, 'laptop', '000');
    const left = ownedDirectory(place, 'left');
    const right = ownedDirectory(place, 'right');
    plant(left, { 'secret.txt': 'one', 'public.txt': 'one' });
    for (const name of ['secret.txt', 'public.txt']) {
      chownSync(join(left, name), OWNER, SHARED_GROUP);
      chmodSync(join(left, name), name === 'secret.txt' ? 0o600 : 0o644);
    }
    await pair(hub, laptop, 'docs', [left, right]);
    await settle('docs', hub, laptop);
    writeFileSync(join(left, 'secret.txt'), 'two');
    writeFileSync(join(left, 'public.txt'), 'two');
    await settle('docs', hub, laptop);
    await hub.ok('invite', 'docs');
    assert.match(readFileSync(`/proc/${hub.pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m);
    assert.equal(read(right, 'secret.txt'), 'two');

    const others = join(place, 'others');
    mkdirSync(others, { mode: 0o700 });
    for (const words of [
      ['restore', 'docs', 'secret.txt', '--to', join(others, 'x')],
      ['restore', 'docs', 'secret.txt', '--to', join(others, '../others/x')],
      ['add-folder', 'more', others],
      ['add-folder', 'more', join(others, 'inner')],
    ]) {
      const refused = await laptop.ctl(...words);
      assert.match(refused.stderr, /^syncctl: E_(?:ACCESS|FOLDER_PATH): /, `${words.join(' ')}: ${refused.stdout}`);
    }
    assert.deepEqual(readdirSync(others), []);

    const own = [hub, laptop].flatMap(({ home }) => [
      ...[join(home, 'syncd.sock'), join(home, 'state'), join(home, 'folders.d'), join(home, 'peers.d')],
      ...['state', 'folders.d', 'peers.d'].flatMap((name) => allBelow(join(home, name))),
    ]);
    const kept = [left, right].flatMap((root) => [join(root, '.syncd'), ...allBelow(join(root, '.syncd'))]);
    assert.ok(
      kept.some((path) => path.includes('/versions/secret')),
      'a version of the secret is kept',
    );
    assert.ok(
      own.some((path) => path.includes('/invitations/')),
      'an invitation is open',
    );
    for (const path of own) assert.equal(lstatSync(path).mode & 0o077, 0, path);

    for (const group of [SHARED_GROUP, OTHER])
      assert.deepEqual(reachableFor(group, [...own, ...kept, join(right, 'secret.txt')]), []);
    assert.equal(statSync(join(right, 'secret.txt')).mode & 0o777, 0o600);
    assert.equal(statSync(join(right, 'public.txt')).mode & 0o777, 0o644);
    assert.deepEqual(reachableFor(OTHER, [join(right, 'public.txt')]).length > 0, true, 'what is open to all stays so');
  },
);

test(
  'I8: a configuration of another user is refused at the start and at a reload, and the running one stays',
  { skip },
  async (t) => {
    const daemon = await ownedDaemon(t, 'hub', '022');
    chownSync(join(daemon.home, 'config.yaml'), OTHER, OTHER);

    const reload = await daemon.ctl('reload');
    assert.match(reload.stderr, /E_CONFIG: .*config\.yaml: others may change it/);
    assert.equal((await daemon.status()).daemon.name, 'hub');
    await daemon.stop();
    await assert.rejects(daemon.start(), /others may change it/);
  },
);
