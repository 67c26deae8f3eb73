// The log as people and programs see it: lines on a descriptor, files, and the last records in memory.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import { DatagramReceiver } from './datagram-receiver.ts';
import { type DaemonLog, type LogOptions, makeLog, underJournal } from '../../daemon/system/log.ts';

const AT_MS = Date.UTC(2026, 10, 21, 8, 0, 0, 7);

interface Written extends DaemonLog {
  readonly directory: string;
  lines(): string[];
}

/** A log that writes to a file where standard error would be. */
function logTo(t: TestContext, options: Partial<LogOptions> = {}): Written {
  const directory = mkdtempSync(join(tmpdir(), 'syncd-log-'));
  const path = join(directory, 'stderr');
  const fd = openSync(path, 'w');
  const journalSocket = join(directory, 'no journal');
  const made = makeLog({ level: 'info', journal: false, journalSocket, fd, nowMs: () => AT_MS, ...options });
  t.after(async () => {
    await made.close();
    closeSync(fd);
    rmSync(directory, { recursive: true, force: true });
  });
  return { ...made, directory, lines: () => readFileSync(path, 'utf8').split('\n').slice(0, -1) };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, what);
    await pause(20);
  }
}

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

describe('log: JSON lines', () => {
  test('a record is one JSON object a line, with time, level, message and fields', (t) => {
    const { log, lines } = logTo(t);
    log.info('100 % of the folder is in sync', { folder: 'docs', files: 12 });
    assert.deepEqual(
      lines().map((line) => JSON.parse(line) as unknown),
      [
        {
          level: 'info',
          time: '2026-11-21T08:00:00.007Z',
          folder: 'docs',
          files: 12,
          msg: '100 % of the folder is in sync',
        },
      ],
    );
  });

  test('records below the level are not written, and the level can be changed at any time', (t) => {
    const { log, lines, setLevel, recent } = logTo(t);
    const levels = ['debug', 'info', 'warn', 'error'] as const;
    for (const level of levels) log[level](level);
    setLevel('error');
    for (const level of levels) log[level](level);
    setLevel('debug');
    log.debug('now');
    const seen = ['info', 'warn', 'error', 'error', 'now'];
    assert.deepEqual(
      lines().map((line) => (JSON.parse(line) as { msg: string }).msg),
      seen,
    );
    assert.deepEqual(
      recent('debug').map(({ message }) => message),
      seen,
    );
    assert.deepEqual(
      recent('error').map(({ level }) => level),
      ['error', 'error'],
    );
  });

  test('a log with fields gives them to each line, and a line has the last word', (t) => {
    const { log, recent } = logTo(t);
    log.with({ folder: 'docs', peer: 'hub' }).with({ session: 3 }).info('met', { peer: 'nas' });
    assert.deepEqual(recent('info')[0]?.fields, { folder: 'docs', peer: 'nas', session: 3 });
  });

  test('numbers of any size, errors, bytes and cycles are printed as something that can be read', (t) => {
    const { log, recent, lines } = logTo(t);
    log.error('all kinds', {
      ino: 2n ** 60n,
      error: new FileSystemError('ENOSPC', 'write', 'a'),
      bytes: new Uint8Array(3),
      nothing: null,
      absent: undefined,
      ratio: Number.NaN,
      when: new Date(0),
      names: new Set(['a']),
      cycle,
      time: 'a field of that name',
      __proto__x: 1,
    });
    const { fields } = recent('error')[0] ?? {};
    assert.deepEqual(
      { ...fields, cycle: undefined },
      {
        ino: '1152921504606846976',
        error: { name: 'FileSystemError', message: 'write a: ENOSPC', code: 'ENOSPC' },
        bytes: '3 bytes',
        nothing: null,
        ratio: 'NaN',
        when: '1970-01-01T00:00:00.000Z',
        names: ['a'],
        cycle: undefined,
        time_: 'a field of that name',
        __proto__x: 1,
      },
    );
    const printed = JSON.parse(lines()[0] ?? '') as Record<string, unknown>;
    assert.equal(printed['time'], '2026-11-21T08:00:00.007Z');
    assert.equal(printed['time_'], 'a field of that name');
  });

  test('stacks are printed at level debug only', (t) => {
    const { log, setLevel, recent } = logTo(t);
    log.error('one', { error: new Error('x', { cause: new Error('y') }) });
    setLevel('debug');
    log.error('two', { error: new Error('x') });
    const [one, two] = recent('error').map(({ fields }) => JSON.stringify(fields));
    assert.equal(one, '{"error":{"name":"Error","message":"x","cause":{"name":"Error","message":"y"}}}');
    assert.match(two ?? '', /log\.test\.ts/);
  });

  test('a record is one line of bounded length, whatever is in it', (t) => {
    const { log, lines, recent } = logTo(t);
    const path = 'evil\n{"level":"error"}\r\u001b[2J\u009b2J\u2028\u202e\u007f';
    log.info(path, { path });
    log.info('long', { text: 'x'.repeat(1_000_000), list: Array.from({ length: 100_000 }, () => 'y') });
    const [first = '', second = '', ...more] = lines();
    assert.deepEqual(more, []);
    assert.doesNotMatch(first, /[\p{Cc}\u2028\u202e]/u);
    assert.equal((JSON.parse(first) as { path: string }).path, path, 'nothing of it is lost');
    assert.ok(second.length < 20_000);
    assert.ok(JSON.stringify(recent('info')[1]).length < 20_000);
  });
});

describe('log: for the journal', () => {
  test('a record is a line with its priority, its text and its fields', (t) => {
    const { log, lines } = logTo(t, { journal: true, level: 'debug' });
    log.debug('looked', { path: 'notes/to do.md' });
    log.info('100 % in sync', { folder: 'docs', files: 12, seq: 7n });
    log.warn('refused', { why: { role: 'read-only' }, text: 'a="b"' });
    log.error('failed', { code: 'E_IO', path: 'ü/ö', empty: '' });
    assert.deepEqual(lines(), [
      '<7>looked path="notes/to do.md"',
      '<6>100 % in sync folder=docs files=12 seq=7',
      '<4>refused why={"role":"read-only"} text="a=\\"b\\""',
      '<3>failed code=E_IO path=ü/ö empty=""',
    ]);
  });

  test('an error is its message and code', (t) => {
    const { log, lines } = logTo(t, { journal: true });
    log.error('apply failed', { error: new FileSystemError('EIO', 'read', 'a') });
    assert.deepEqual(lines(), ['<3>apply failed error="read a: EIO" code=EIO']);
  });

  test('no name can begin a line of its own or speak to a terminal', (t) => {
    const { log, lines } = logTo(t, { journal: true });
    log.info('took\n<0>everything is lost', { path: 'a\n<0>b\u001b[31m\u009b', '\u001b': 1 });
    assert.equal(lines().length, 1);
    assert.doesNotMatch(lines()[0] ?? '', /\p{Cc}/u);
    assert.match(lines()[0] ?? '', /^<6>took\\u000a<0>/);
  });

  test('it is the journal when JOURNAL_STREAM names the descriptor', () => {
    const fd = openSync('/dev/null', 'r');
    const { dev, ino } = fstatSync(fd, { bigint: true });
    assert.equal(underJournal(`${dev}:${ino}`, fd), true);
    assert.equal(underJournal(`${dev}:${ino + 1n}`, fd), false);
    assert.equal(underJournal('', fd), false);
    closeSync(fd);
  });
});

describe('log: in memory', () => {
  test('the last 2,000 records are kept, oldest first', (t) => {
    const { log, recent } = logTo(t);
    for (let i = 0; i < 2_500; i++) log.info(`${i}`);
    const kept = recent('info').map(({ message }) => Number(message));
    assert.deepEqual([kept.length, kept[0], kept.at(-1)], [2_000, 500, 2_499]);
  });

  test('who subscribes gets each record to come until it is enough', (t) => {
    const { log, subscribe } = logTo(t);
    const seen: string[] = [];
    log.info('before');
    const stop = subscribe(({ message }) => seen.push(message));
    log.info('between');
    stop();
    log.info('after');
    assert.deepEqual(seen, ['between']);
  });
});

describe('log: a file', () => {
  const logFiles = (directory: string): string[] => readdirSync(directory).filter((name) => name.startsWith('syncd'));

  test('records go to a file too, made with what is above it, and all of them are there after closing', async (t) => {
    const above = mkdtempSync(join(tmpdir(), 'syncd-log-'));
    t.after(() => rmSync(above, { recursive: true, force: true }));
    const { log, close, lines } = logTo(t, { file: join(above, 'logs/syncd.log') });
    for (let i = 0; i < 100; i++) log.info(`line ${i}`);
    await close();
    log.info('later');
    const [name = ''] = logFiles(join(above, 'logs'));
    assert.equal(name, 'syncd.1.log');
    const written = readFileSync(join(above, 'logs', name), 'utf8')
      .split('\n')
      .slice(0, -1);
    assert.deepEqual(written, lines().slice(0, 100));
    assert.equal(lines().length, 101);
  });

  test('a file that cannot be written is told of, and the log goes on', async (t) => {
    const above = mkdtempSync(join(tmpdir(), 'syncd-log-'));
    t.after(() => rmSync(above, { recursive: true, force: true }));
    writeFileSync(join(above, 'not-a-directory'), '');
    const { log, lines, recent } = logTo(t, { file: join(above, 'not-a-directory/syncd.log') });
    log.info('one');
    await until(() => recent('warn').length > 0, 'the failure is logged');
    assert.match(recent('warn')[0]?.message ?? '', /cannot be written/);
    log.info('two');
    assert.equal(lines().length, 3);
  });
});

describe('log: fields of the journal', () => {
  test('folder, path, peer and code are fields, and nothing in them begins another', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'syncd-log-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const journalSocket = join(directory, 'journal');
    const journal = new DatagramReceiver(t, journalSocket);
    const { log, lines } = logTo(t, { journal: true, journalSocket });
    log.with({ folder: 'docs' }).warn('left alone', { path: 'a\nSYNCD_CODE=E_FALSE', code: 'E_KIND', files: 2 });
    log.info('started');
    assert.deepEqual(journal.hear(), [
      String.raw`MESSAGE=left alone folder=docs path="a\nSYNCD_CODE=E_FALSE" code=E_KIND files=2`,
      'PRIORITY=4',
      'SYSLOG_IDENTIFIER=syncd',
      'SYNCD_FOLDER=docs',
      String.raw`SYNCD_PATH=a\u000aSYNCD_CODE=E_FALSE`,
      'SYNCD_CODE=E_KIND',
      'SYNCD_MESSAGE=left alone',
      String.raw`SYNCD_FIELDS={"folder":"docs","path":"a\nSYNCD_CODE=E_FALSE","code":"E_KIND","files":2}`,
      '',
      'MESSAGE=started',
      'PRIORITY=6',
      'SYSLOG_IDENTIFIER=syncd',
      'SYNCD_MESSAGE=started',
      'SYNCD_FIELDS={}',
      '',
    ]);
    assert.deepEqual(lines(), [], 'nothing is said twice');
  });

  test('what the journal does not take is a line on standard error', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'syncd-log-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const journalSocket = join(directory, 'journal');
    const { log, lines } = logTo(t, { journal: true, journalSocket });
    log.info('nobody listens');
    const journal = new DatagramReceiver(t, journalSocket);
    log.info('x'.repeat(100));
    for (let i = 0; i < 1_000; i++) log.info(`${i}`.padStart(8_000, '.'));
    const taken = journal.hear().filter((line) => line.startsWith('MESSAGE=')).length;
    assert.equal(lines()[0], '<6>nobody listens');
    assert.ok(taken > 1 && taken < 1_001, `${taken} were taken before it was full`);
    assert.equal(taken + lines().length, 1_002, 'each is somewhere');
  });
});

describe('log: a reader that is slow or gone', () => {
  test('a full pipe does not stop the daemon, and is written when it is read again', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'syncd-log-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const { log } = makeLog({ level: 'info', journal: true, journalSocket: join(directory, 'no journal'), fd });
    const start = performance.now();
    for (let i = 0; i < 2_000; i++) log.info(`${i}`.padStart(100, '.'));
    assert.ok(performance.now() - start < 5_000);

    const buffer = Buffer.alloc(1 << 16);
    let text = '';
    await until(() => {
      try {
        text += buffer.toString('latin1', 0, readSync(reader, buffer));
      } catch (error) {
        assert.ok(error instanceof Error && 'code' in error && error.code === 'EAGAIN');
      }
      return text.includes('.1999\n');
    }, 'all that waited is written');
    assert.deepEqual(
      text.split('\n').slice(0, -1),
      Array.from({ length: 2_000 }, (_, i) => `<6>${`${i}`.padStart(100, '.')}`),
    );
    closeSync(fd);
    closeSync(reader);
  });

  test('a closed pipe does not end the daemon', async () => {
    const program = `
      import { makeLog } from ${JSON.stringify(new URL('../../daemon/system/log.ts', import.meta.url))};
      const { log } = makeLog({ level: 'info', journal: false });
      const timer = setInterval(() => log.info('still here'), 5);
      process.stdin.on('data', () => { clearInterval(timer); console.log('alive'); process.exit(0); });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.stderr.destroy();
    await pause(100);
    child.stdin.write('x');
    const status = await new Promise((resolve) => child.once('exit', resolve));
    assert.equal(status, 0);
  });
});
