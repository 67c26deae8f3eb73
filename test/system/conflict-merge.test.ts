// `conflict: merge` on running daemons: what was edited apart in one text is put together, on every device the same.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pair, settle, startDaemon, startPair, temporaryDirectory, type Daemon } from './daemon.ts';
import { assertSameTrees, plant, read } from './trees.ts';

/** Longer than the clocks of file systems and daemons are coarse. */
const APART_MS = 50;
const poem = Array.from({ length: 12 }, (_, i) => `line ${i + 1}`).join('\n');
const edited = (text: string | undefined, line: number, to: string): string =>
  (text ?? '').replace(`line ${line}\n`, `${to}\n`);

test('edits of different lines come together; where lines clash, or it is no text, both contents are kept', async (t) => {
  const binary = Buffer.from([0, 1, 2, 3]);
  const { hub, laptop, left, right, same } = await startPair(t, {
    before: (root) => {
      plant(root, {
        'poem.txt': poem,
        'clash.txt': poem,
        'crlf.txt': poem.replaceAll('\n', '\r\n'),
        'again.txt': poem,
      });
      writeFileSync(join(root, 'image.bin'), binary);
    },
  });
  await hub.ok('edit-folder', 'docs', '--set', 'conflict=merge');
  await same();
  // Set on a folder that is full already: what was there before is kept for merging, too.
  await hub.ok('sync', 'docs');
  await laptop.ok('sync', 'docs');
  await same();

  await laptop.stop();
  writeFileSync(join(left, 'poem.txt'), edited(poem, 2, 'second, by the hub'));
  writeFileSync(join(left, 'clash.txt'), edited(poem, 2, 'second, by the hub'));
  writeFileSync(join(left, 'crlf.txt'), edited(poem, 3, 'third, by the hub').replaceAll('\n', '\r\n'));
  writeFileSync(join(left, 'image.bin'), Buffer.concat([binary, Buffer.from('the hub')]));
  await sleep(APART_MS);
  writeFileSync(join(right, 'poem.txt'), edited(edited(poem, 9, 'ninth'), 10, 'tenth, by the laptop'));
  writeFileSync(join(right, 'clash.txt'), edited(poem, 2, 'second, by the laptop'));
  writeFileSync(join(right, 'crlf.txt'), `${poem}\nline 13`.replaceAll('\n', '\r\n'));
  writeFileSync(join(right, 'image.bin'), Buffer.concat([binary, Buffer.from('the laptop')]));
  await laptop.start();
  await same();
  await same();

  assert.equal(
    read(left, 'poem.txt'),
    edited(edited(edited(poem, 2, 'second, by the hub'), 9, 'ninth'), 10, 'tenth, by the laptop'),
  );
  assert.equal(
    read(right, 'crlf.txt'),
    `${edited(poem, 3, 'third, by the hub')}\nline 13`.replaceAll('\n', '\r\n'),
    'line ends stay as they are',
  );
  assert.equal(read(left, 'clash.txt'), edited(poem, 2, 'second, by the laptop'));
  assert.equal(read(right, copyOf(right, 'clash')), edited(poem, 2, 'second, by the hub'));
  assert.equal(readFileSync(join(right, copyOf(right, 'image'))).toString('latin1'), '\x00\x01\x02\x03the hub');
  for (const device of [hub, laptop])
    assert.deepEqual(
      await conflictsOf(device),
      ['clash.txt', 'image.bin'],
      `what is merged is settled on ${device.name}`,
    );
  assert.match(await hub.ok('history', 'docs', 'poem.txt'), /merged/);

  // What was merged is what the next edits begin from, also after a restart and a kill.
  await same();
  await hub.kill();
  await laptop.stop();
  const now = read(left, 'poem.txt');
  writeFileSync(join(right, 'poem.txt'), edited(now, 5, 'fifth, by the laptop'));
  writeFileSync(join(right, 'again.txt'), edited(poem, 1, 'first, by the laptop'));
  await sleep(APART_MS);
  writeFileSync(join(left, 'poem.txt'), edited(now, 7, 'seventh, by the hub'));
  writeFileSync(join(left, 'again.txt'), edited(poem, 11, 'eleventh, by the hub'));
  await Promise.all([hub.start(), laptop.start()]);
  await same();
  await same();
  assert.equal(read(right, 'poem.txt'), edited(edited(now, 5, 'fifth, by the laptop'), 7, 'seventh, by the hub'));
  assert.equal(read(left, 'again.txt'), edited(edited(poem, 1, 'first, by the laptop'), 11, 'eleventh, by the hub'));
  assert.deepEqual(await conflictsOf(laptop), ['clash.txt', 'image.bin']);

  // Back to newest: nothing is merged any more.
  await laptop.ok('edit-folder', 'docs', '--set', 'conflict=newest');
  await same();
  await laptop.stop();
  writeFileSync(join(right, 'again.txt'), edited(poem, 3, 'earlier'));
  await sleep(APART_MS);
  writeFileSync(join(left, 'again.txt'), edited(poem, 6, 'later'));
  await laptop.start();
  await same();
  assert.equal(read(right, 'again.txt'), edited(poem, 6, 'later'));
});

test('three devices that were apart merge to one text, with the edits of all, whoever meets first', async (t) => {
  const place = temporaryDirectory(t);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(place, name)) as [string, string, string];
  for (const dir of [a, b, c]) mkdirSync(dir);
  plant(a, { 'poem.txt': poem, 'other.txt': poem });
  const [hub, laptop, phone] = await Promise.all(['hub', 'laptop', 'phone'].map((name) => startDaemon(t, { name })));
  assert.ok(hub !== undefined && laptop !== undefined && phone !== undefined);
  await hub.ok('add-folder', 'docs', a, '--set', 'conflict=merge');
  await pair(hub, laptop, 'docs', [a, b]);
  await pair(hub, phone, 'docs', [a, c]);
  const same = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) await settle('docs', hub, laptop, phone);
    assertSameTrees(a, b);
    assertSameTrees(a, c);
  };
  await same();

  await hub.stop();
  // Apart from the hub these two are apart from each other.
  writeFileSync(join(b, 'poem.txt'), edited(poem, 2, 'by the laptop'));
  await sleep(APART_MS);
  writeFileSync(join(c, 'poem.txt'), edited(poem, 6, 'by the phone'));
  writeFileSync(join(c, 'other.txt'), edited(poem, 6, 'by the phone'));
  await sleep(APART_MS);
  writeFileSync(join(a, 'other.txt'), edited(poem, 10, 'by the hub'));
  await Promise.all([laptop.ok('sync', 'docs'), phone.ok('sync', 'docs')]);
  await sleep(APART_MS);
  await hub.start();
  await same();
  assert.equal(read(a, 'poem.txt'), edited(edited(poem, 2, 'by the laptop'), 6, 'by the phone'));
  assert.equal(read(b, 'other.txt'), edited(edited(poem, 6, 'by the phone'), 10, 'by the hub'));
  assert.deepEqual(await conflictsOf(hub), []);
  assert.deepEqual(
    readdirSync(c).filter((name) => name.includes('.conflict-')),
    [],
  );
});

function copyOf(root: string, stem: string): string {
  const [copy, ...more] = readdirSync(root).filter((name) => name.startsWith(`${stem}.conflict-`));
  assert.ok(copy !== undefined && more.length === 0, `${stem} has one copy`);
  return copy;
}

async function conflictsOf(device: Daemon): Promise<readonly string[]> {
  const all = (await device.json('conflicts', 'docs')) as { readonly path: string }[];
  return all.map(({ path }) => path);
}
