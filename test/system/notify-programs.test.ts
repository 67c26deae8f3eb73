// What is started for `notify`: bounded in time and in what it says, ended with all that it has started, never a shell.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { RealClock } from '../../daemon/system/clock.ts';
import { RealPrograms } from '../../daemon/system/programs.ts';
import { temporaryDirectory } from './daemon.ts';
import { waitFor } from './wait-for.ts';

const programs = new RealPrograms(new RealClock());
const shell = (script: string): readonly [string, ...string[]] => ['/bin/sh', '-c', script];
const LONG_MS = 60_000;

function runs(pid: number): boolean {
  try {
    // The state follows the name, which is in brackets.
    return !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a program reads what it is given, and its status and first words of standard error are told', async (t) => {
  const place = temporaryDirectory(t);
  const script = `cat > ${place}/read; echo dropped; echo kept >&2; exit 3`;
  const end = await programs.run({ command: shell(script), input: '{"a":1}\n', timeoutMs: LONG_MS });
  assert.deepEqual(end, { kind: 'ended', status: 3, said: 'kept' });
  assert.equal(readFileSync(join(place, 'read'), 'utf8'), '{"a":1}\n');
});

test('arguments are passed on as they are: nothing in them is a command', async (t) => {
  const place = temporaryDirectory(t);
  const hostile = `$(touch ${place}/pwned); "x' \`touch ${place}/pwned\``;
  const script = `printf %s "$1" > ${place}/argument`;
  await programs.run({ command: ['/bin/sh', '-c', script, 'sh', hostile], input: '', timeoutMs: LONG_MS });
  assert.equal(readFileSync(join(place, 'argument'), 'utf8'), hostile);
  assert.equal(existsSync(join(place, 'pwned')), false);
});

test('a program that hangs is ended with its children, also when they do not listen', async (t) => {
  const place = temporaryDirectory(t);
  const deaf = `trap '' TERM; echo $$ > ${place}/parent; (trap '' TERM; sleep 300 & echo $! > ${place}/child; wait); wait`;
  const end = await programs.run({ command: shell(deaf), input: '', timeoutMs: 1000 });
  assert.equal(end.kind, 'too late');
  for (const who of ['parent', 'child']) {
    const pid = Number(readFileSync(join(place, who), 'utf8'));
    await waitFor(`the ${who} is gone`, () => !runs(pid));
  }
});

test('what a program leaves behind in its group ends with it', async (t) => {
  const place = temporaryDirectory(t);
  const script = `sleep 300 & echo $! > ${place}/child`;
  const end = await programs.run({ command: shell(script), input: '', timeoutMs: LONG_MS });
  assert.equal(end.kind, 'ended');
  const pid = Number(readFileSync(join(place, 'child'), 'utf8'));
  await waitFor('the child is gone', () => !runs(pid));
});

test('a program that writes a gigabyte costs nothing, and one that forks itself is ended whole', async (t) => {
  const place = temporaryDirectory(t);
  const before = process.memoryUsage().rss;
  const flood = 'head -c 1G /dev/zero; head -c 1G /dev/zero >&2';
  const end = await programs.run({ command: shell(flood), input: 'x'.repeat(1 << 20), timeoutMs: LONG_MS });
  assert.notEqual(end.kind, 'too late');
  assert.ok(process.memoryUsage().rss - before < 200 << 20, 'it is not kept');

  writeFileSync(join(place, 'fork.sh'), `echo $$ >> ${place}/pids\n[ "$1" -gt 0 ] || exec sleep 300\n`, { flag: 'a' });
  writeFileSync(
    join(place, 'fork.sh'),
    `/bin/sh ${place}/fork.sh $(($1 - 1)) & /bin/sh ${place}/fork.sh $(($1 - 1)) & wait\n`,
    { flag: 'a' },
  );
  const forked = await programs.run({ command: ['/bin/sh', join(place, 'fork.sh'), '4'], input: '', timeoutMs: 2000 });
  assert.equal(forked.kind, 'too late');
  const pids = readFileSync(join(place, 'pids'), 'utf8').trim().split('\n').map(Number);
  assert.ok(pids.length > 3, `${pids.length} were started`);
  await waitFor('all are gone', () => pids.every((pid) => !runs(pid)));
});

test('a program that is not there, or may not be run, is told of', async (t) => {
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'plain'), '');
  for (const [program, why] of [
    [join(place, 'nowhere'), /ENOENT/],
    [join(place, 'plain'), /EACCES/],
    [place, /EACCES/],
  ] as const) {
    const end = await programs.run({ command: [program], input: '{}', timeoutMs: LONG_MS });
    assert.equal(end.kind, 'not started');
    assert.match(end.kind === 'not started' ? end.why : '', why);
  }
});

test('nothing of the daemon is handed on but what a program needs of its surroundings', async (t) => {
  const place = temporaryDirectory(t);
  process.env['SYNCD_SECRET_OF_THE_TEST'] = 'secret';
  await programs.run({
    command: ['/bin/sh', '-c', `env > ${place}/env; pwd > ${place}/pwd`],
    input: '',
    timeoutMs: LONG_MS,
  });
  delete process.env['SYNCD_SECRET_OF_THE_TEST'];
  const env = readFileSync(join(place, 'env'), 'utf8');
  assert.doesNotMatch(env, /SECRET|NODE_|NOTIFY_SOCKET/);
  assert.match(env, /^PATH=/m);
  assert.equal(readFileSync(join(place, 'pwd'), 'utf8'), '/\n');
});

test('when the daemon stops, all that runs for it ends, and nothing is started any more', async (t) => {
  const place = temporaryDirectory(t);
  const others = new RealPrograms(new RealClock());
  const running = others.run({ command: shell(`echo $$ > ${place}/pid; sleep 300`), input: '', timeoutMs: LONG_MS });
  await waitFor('it runs', () => existsSync(join(place, 'pid')) && readFileSync(join(place, 'pid'), 'utf8') !== '');
  others.stop();
  assert.equal((await running).kind, 'killed');
  assert.equal((await others.run({ command: ['/bin/true'], input: '', timeoutMs: LONG_MS })).kind, 'not started');
});
