import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { FolderIndex } from '../../daemon/index/folder-index.ts';
import { lockFile } from '../../daemon/index/home-lock.ts';
import { migrate, schemaVersion } from '../../daemon/index/migrations.ts';
import { SCHEMA_VERSION } from '../../daemon/index/schema.ts';
import { RealFileSystem } from '../../daemon/system/file-system.ts';
import { makeFirstVersion } from './older.ts';
import { change, dir, epoch, file, newRun, path, device, seq } from './rows.ts';

function temporary(use: (at: string) => void): void {
  const at = mkdtempSync(join(tmpdir(), 'index-'));
  try {
    use(at);
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

const open = (at: string, letter = 'A'): FolderIndex =>
  FolderIndex.open(at, { newEpoch: () => epoch(letter), newRun, fs: new RealFileSystem() });

const many = Array.from({ length: 500 }, (_, i) => change(`d/${i}`, file(String(i))));

test('an index is found again as it was closed', () => {
  temporary((at) => {
    const file = join(at, 'index.db');
    const first = open(file);
    assert.equal(first.opened, 'new');
    first.commit({ nowUs: 1, rows: [change('a', dir)] });
    first.commit({ nowUs: 1, have: [{ peer: device('B'), epoch: epoch('B'), seq: seq(7) }] });
    first.close();
    first.close();
    const second = open(file, 'B');
    assert.equal(second.have(device('B'))?.seq, 7);
    assert.deepEqual([second.opened, second.closedCleanly, second.epoch], ['existing', true, epoch('A')]);
    assert.ok(second.row(path('a')));
    second.close();
  });
});

test('a commit is there after a crash, and the index says that it was not closed', () => {
  temporary((at) => {
    const [before, after] = [join(at, 'before.db'), join(at, 'after.db')];
    const index = open(before);
    index.commit({ nowUs: 1, rows: [change('a', dir)] });
    for (const suffix of ['', '-wal']) copyFileSync(before + suffix, after + suffix);
    const again = open(after);
    assert.deepEqual([again.opened, again.closedCleanly], ['existing', false]);
    assert.ok(again.row(path('a')));
    again.close();
    index.close();
  });
});

const damages: { why: string; damage: (file: string) => void }[] = [
  { why: 'rubbish', damage: (at) => writeFileSync(at, Buffer.alloc(9000, 0x5a)) },
  { why: 'cut in the middle', damage: (at) => truncateSync(at, 4096 * 9) },
  {
    why: 'pages overwritten',
    damage: (at) => {
      const bytes = readFileSync(at);
      bytes.fill(0x77, 4096 * 2);
      writeFileSync(at, bytes);
    },
  },
  {
    why: "another program's database",
    damage: (at) => {
      rmSync(at);
      new Database(at).exec('CREATE TABLE other (x)').close();
    },
  },
];
for (const { why, damage } of damages)
  test(`a damaged index is set aside and a new one begun: ${why}`, () => {
    temporary((at) => {
      const file = join(at, 'index.db');
      const index = open(file);
      index.commit({ nowUs: 1, rows: many });
      for (const suffix of ['', '-wal']) copyFileSync(file + suffix, `${file}.copy${suffix}`);
      index.close();
      // As after a crash: not closed, and with everything in the database itself.
      rmSync(file);
      const copy = new Database(`${file}.copy`);
      copy.pragma('wal_checkpoint(TRUNCATE)');
      copy.close();
      copyFileSync(`${file}.copy`, file);
      damage(file);
      writeFileSync(`${file}.damaged-1`, 'from long ago');
      const anew = open(file, 'B');
      assert.deepEqual(anew.opened, { damaged: `${file}.damaged-2` });
      assert.deepEqual([anew.epoch, anew.counts().entries, anew.closedCleanly], [epoch('B'), 0, true]);
      anew.commit({ nowUs: 1, rows: [change('a', dir)] });
      anew.close();
      assert.ok(readdirSync(at).includes('index.db.damaged-2'));
    });
  });

test('damage that is noticed while asking is noted, and the index set aside at the next opening', () => {
  temporary((at) => {
    const file = join(at, 'index.db');
    const first = open(file);
    first.commit({ nowUs: 1, rows: [change('a', dir)] });
    first.close();
    const other = new Database(file);
    other.exec(`UPDATE file_state SET vector = 'not a vector'`);
    other.close();
    const second = open(file);
    assert.throws(() => second.row(path('a')), { code: 'E_INDEX' });
    second.close();
    const third = open(file, 'B');
    assert.deepEqual(third.opened, { damaged: `${file}.damaged-1` });
    third.close();
  });
});

test('an index of a newer version is refused and left as it is', () => {
  temporary((at) => {
    const file = join(at, 'index.db');
    open(file).close();
    const other = new Database(file);
    other.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    other.close();
    const before = readFileSync(file);
    assert.throws(() => open(file), { code: 'E_INDEX_NEWER' });
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(readdirSync(at), ['index.db']);
  });
});

test('what cannot be opened is told with a code, and is not taken for damage', () => {
  temporary((at) => {
    assert.throws(() => open(at), { code: 'E_ACCESS' });
    assert.throws(() => open(join(at, 'no', 'such', 'index.db')), { code: 'E_ACCESS' });
  });
});

test('an older index takes all the steps that it lacks, or none', () => {
  const db = new Database(':memory:');
  migrate(db, 'CREATE TABLE one (x)', [], 1);
  const steps = ['CREATE TABLE two (x)', 'CREATE TABLE three (x)'];
  assert.throws(() => migrate(db, '', [...steps, 'no statement'], 4));
  assert.equal(schemaVersion(db), 1);
  migrate(db, '', steps, 3);
  assert.equal(schemaVersion(db), 3);
  const tables = db.prepare('SELECT name FROM sqlite_schema ORDER BY rowid').pluck().all();
  assert.deepEqual(tables, ['one', 'two', 'three']);
});

test('I12: an index of each older version becomes one of this version, and keeps what it had', () => {
  const columns = (db: Database.Database): unknown =>
    db
      .prepare(
        `SELECT m.name AS tab, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c
      WHERE m.type = 'table' ORDER BY tab, c.cid`,
      )
      .all();
  const fresh = new Database(':memory:');
  migrate(fresh);
  const old = new Database(':memory:');
  migrate(old);
  makeFirstVersion(old);
  assert.equal(schemaVersion(old), 1);
  old.exec(`INSERT INTO history (atMs, path, what, device) VALUES (1, 'a', 'changed', 1)`);
  migrate(old);
  assert.equal(schemaVersion(old), SCHEMA_VERSION);
  assert.deepEqual(columns(old), columns(fresh));
  assert.deepEqual(old.prepare('SELECT path, before FROM history').all(), [{ path: 'a', before: null }]);
});

test('a lock is held against this process and others, and is free when its holder is killed', () => {
  temporary((at) => {
    const file = join(at, 'lock.db');
    const lock = lockFile(file, 'E_HOME_LOCKED');
    assert.throws(() => lockFile(file, 'E_HOME_LOCKED'), { code: 'E_HOME_LOCKED' });
    const module = new URL('../../daemon/index/home-lock.ts', import.meta.url).href;
    const inChild = (then: string) =>
      spawnSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `import { lockFile } from ${JSON.stringify(module)};
          try { lockFile(${JSON.stringify(file)}, 'E_FOLDER_LOCKED'); ${then} } catch (error) { console.log(error.code); }`,
        ],
        { encoding: 'utf8' },
      );
    assert.equal(inChild('').stdout.trim(), 'E_FOLDER_LOCKED');
    lock.release();
    lock.release();
    assert.equal(inChild(`process.kill(process.pid, 'SIGKILL');`).signal, 'SIGKILL');
    lockFile(file, 'E_HOME_LOCKED').release();
  });
});
