// A server and its clients, each in another role: what each may do, what comes back, what stays, and what happens when a
// role changes while everything runs.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Daemon, settle, startDaemon, temporaryDirectory } from './daemon.ts';
import { assertSameTrees, exists, plant, read } from './trees.ts';
import { waitFor } from './wait-for.ts';

interface Client {
  readonly daemon: Daemon;
  readonly root: string;
}

/** A hub with the folder `docs`, and a client in each of these roles, named for it. */
async function team(
  t: TestContext,
  roles: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<{ hub: Daemon; left: string; clients: readonly Client[] }> {
  const place = temporaryDirectory(t);
  const left = join(place, 'hub');
  plant(left, files);
  const hub = await startDaemon(t, { name: 'hub' });
  await hub.ok('add-folder', 'docs', left);
  const clients = await Promise.all(
    roles.map(async (role, i) => {
      const name = roles.indexOf(role) === i ? role : `${role}-${i}`;
      const daemon = await startDaemon(t, { name });
      const root = join(place, name);
      const invitation = (await hub.ok('invite', 'docs', '--role', role)).trim();
      await daemon.ok('join', invitation, root);
      return { daemon, root };
    }),
  );
  await settle('docs', hub, ...clients.map(({ daemon }) => daemon));
  for (const { root } of clients) assertSameTrees(left, root);
  return { hub, left, clients };
}

async function refusedOn(daemon: Daemon): Promise<string[]> {
  const { skipped } = await daemon.folder('docs');
  return skipped
    .filter(({ code }) => code === 'E_ROLE')
    .map(({ path }) => path)
    .toSorted();
}

async function roleOf(hub: Daemon, client: string): Promise<string | undefined> {
  return (await hub.folder('docs')).peers.find(({ name }) => name === client)?.role;
}

const FILES = {
  'a.txt': 'a',
  'b.txt': 'b',
  'c.txt': 'c',
  'deep/er/d.txt': 'd',
  'moved.txt': 'to be moved',
  'dir/1.txt': 'one',
  'dir/2.txt': 'two',
  'e.txt': 'e',
};

/** All that an edit-only peer may not do. */
function offend(root: string): void {
  rmSync(join(root, 'a.txt'));
  chmodSync(join(root, 'b.txt'), 0o600);
  rmSync(join(root, 'c.txt'));
  symlinkSync('/etc/passwd', join(root, 'c.txt'));
  rmSync(join(root, 'deep'), { recursive: true });
  renameSync(join(root, 'moved.txt'), join(root, 'elsewhere.txt'));
  renameSync(join(root, 'dir'), join(root, 'renamed'));
  writeFileSync(join(root, 'new.txt'), 'created');
  mkdirSync(join(root, 'empty'));
}

test('one folder, a server and peers of all roles', async (t) => {
  const { hub, left, clients } = await team(t, ['two-way', 'edit-only', 'read-only'], FILES);
  const [writer, editor, reader] = clients;
  assert.ok(writer && editor && reader);
  const all = [hub, ...clients.map(({ daemon }) => daemon)];

  await t.test('status and peers show the role that each has', async () => {
    for (const role of ['two-way', 'edit-only', 'read-only']) assert.equal(await roleOf(hub, role), role);
    assert.match(await hub.ok('folders'), /edit-only: edit-only/);
  });

  for (const { daemon, root } of [editor, reader])
    await t.test(
      `I9, T49: what a peer that is ${daemon.name} deletes, moves or chmods comes back, and what it creates stays`,
      async () => {
        const inode = statSync(join(root, 'moved.txt')).ino;
        offend(root);
        await waitFor('the deleted file is back', () => exists(root, 'a.txt') && exists(root, 'deep/er/d.txt'));
        await waitFor(
          'moves are undone',
          () => exists(root, 'moved.txt') && exists(root, 'dir/1.txt') && exists(root, 'dir/2.txt'),
        );
        await waitFor(
          'nothing but what was created is named',
          async () => (await refusedOn(daemon)).join() === 'empty,new.txt',
        );
        await settle('docs', ...all);

        assert.equal(statSync(join(root, 'moved.txt')).ino, inode, 'the move was undone by a rename');
        assert.ok(!exists(root, 'elsewhere.txt') && !exists(root, 'renamed'));
        assert.equal(read(root, 'new.txt'), 'created');
        rmSync(join(root, 'new.txt'));
        rmSync(join(root, 'empty'), { recursive: true });
        assertSameTrees(left, root);
        assertSameTrees(left, writer.root);
        await waitFor('nothing is named any more', async () => (await refusedOn(daemon)).length === 0);
        assert.equal((await hub.folder('docs')).conflicts, 0);
      },
    );

  await t.test(
    'I1, I9: an edit of the edit-only peer reaches everybody, one of the read-only peer is taken back and kept',
    async () => {
      writeFileSync(join(editor.root, 'e.txt'), 'edited by edit-only');
      await waitFor('the edit reaches everybody', () =>
        [left, writer.root, reader.root].every((root) => read(root, 'e.txt') === 'edited by edit-only'),
      );
      writeFileSync(join(reader.root, 'e.txt'), 'edited by read-only');
      await waitFor('the edit is taken back', () => read(reader.root, 'e.txt') === 'edited by edit-only');
      await settle('docs', ...all);
      const versions = (await reader.daemon.json('history', 'docs', 'e.txt')) as { version: string | null }[];
      const kept = versions.find(({ version }) => version !== null)?.version;
      assert.ok(kept, 'the read-only peer keeps what it wrote');
      const copy = join(temporaryDirectory(t), 'kept.txt');
      await reader.daemon.ok('restore', 'docs', 'e.txt', '--version', kept, '--to', copy);
      assert.equal(readFileSync(copy, 'utf8'), 'edited by read-only');
      const refused = await reader.daemon.ctl('restore', 'docs', 'e.txt', '--version', kept);
      assert.equal(refused.code, 5);
      assert.match(refused.stderr, /E_ROLE/);
    },
  );

  await t.test('I9: what is done while a daemon is stopped, is found and undone when it starts', async () => {
    await reader.daemon.stop();
    await hub.restart();
    writeFileSync(join(reader.root, 'a.txt'), 'edited while stopped');
    rmSync(join(reader.root, 'b.txt'));
    writeFileSync(join(reader.root, 'new.txt'), 'created while stopped');
    await reader.daemon.start();
    await waitFor('it is undone', () => read(reader.root, 'a.txt') === 'a' && read(reader.root, 'b.txt') === 'b');
    await settle('docs', ...all);
    assert.deepEqual(await refusedOn(reader.daemon), ['new.txt']);
    assert.ok(!exists(left, 'new.txt') && !exists(writer.root, 'new.txt'));
  });

  await t.test(
    'I9: when the server creates what a peer keeps unsynced, the server’s wins and the peer’s is kept',
    async () => {
      writeFileSync(join(left, 'new.txt'), 'of the server');
      await waitFor('the server’s is there', () => read(reader.root, 'new.txt') === 'of the server');
      await settle('docs', ...all);
      const history = (await reader.daemon.json('history', 'docs', 'new.txt')) as {
        what: string;
        version: string | null;
      }[];
      assert.ok(history.some(({ what }) => what === 'conflict'));
      assert.ok(history.some(({ version }) => version !== null));
      assert.equal(read(left, 'new.txt'), 'of the server');
    },
  );

  await t.test(
    'a role that is changed while all run: more is allowed, and what was refused is synced; then less again',
    async () => {
      writeFileSync(join(reader.root, 'own.txt'), 'made as a reader');
      await waitFor('it is named', async () => (await refusedOn(reader.daemon)).includes('own.txt'));
      await hub.ok(
        'edit-folder',
        'docs',
        '--set',
        'peers={"two-way": two-way, "edit-only": edit-only, "read-only": two-way}',
      );
      await waitFor('what was refused is there', () => read(left, 'own.txt') === 'made as a reader');
      await settle('docs', ...all);
      assert.equal(await roleOf(hub, 'read-only'), 'two-way');
      assert.deepEqual(await refusedOn(reader.daemon), []);

      await hub.ok(
        'edit-folder',
        'docs',
        '--set',
        'peers={"two-way": two-way, "edit-only": edit-only, "read-only": read-only}',
      );
      await waitFor('it is known', async () => {
        writeFileSync(join(reader.root, 'b.txt'), `again ${performance.now()}`);
        await reader.daemon.ok('wait', 'docs');
        return read(reader.root, 'b.txt') === 'b';
      });
      await settle('docs', ...all);
      for (const { root } of clients) assertSameTrees(left, root);
    },
  );

  await t.test('a role that there is not is refused, with what there is', async () => {
    const invited = await hub.ctl('invite', 'docs', '--role', 'boss');
    assert.equal(invited.code, 2);
    assert.match(invited.stderr, /two-way.*edit-only.*read-only/s);
    const edited = await hub.ctl('edit-folder', 'docs', '--set', 'peers={"read-only": boss}');
    assert.notEqual(edited.code, 0);
    assert.match(edited.stderr, /two-way, edit-only, read-only|two-way.*edit-only.*read-only/s);
    const mode = await hub.ctl('edit-folder', 'docs', '--set', 'mode=sideways');
    assert.match(mode.stderr, /two-way.*send-only.*receive-only/s);
    assert.equal(await roleOf(hub, 'read-only'), 'read-only');
  });
});

test('modes: a device that only receives, and one that only sends', async (t) => {
  const { hub, left, clients } = await team(t, ['two-way'], FILES);
  const [client] = clients;
  assert.ok(client);
  const { daemon, root } = client;
  const change = (device: Daemon, mode: string): Promise<string> =>
    device.ok('edit-folder', 'docs', '--set', `mode=${mode}`);

  await t.test('I9: receive-only: local changes are undone, creations stay, and changes of others arrive', async () => {
    await change(daemon, 'receive-only');
    assert.equal((await daemon.folder('docs')).mode, 'receive-only');
    offend(root);
    writeFileSync(join(root, 'e.txt'), 'edited');
    writeFileSync(join(left, 'from-hub.txt'), 'hub');
    await waitFor(
      'all is as it was',
      () => read(root, 'a.txt') === 'a' && read(root, 'e.txt') === 'e' && exists(root, 'dir/2.txt'),
    );
    await waitFor('the hub’s arrives', () => exists(root, 'from-hub.txt'));
    await waitFor('what was created is named', async () => (await refusedOn(daemon)).join() === 'empty,new.txt');
    await settle('docs', hub, daemon);
    assert.ok(!exists(left, 'new.txt'));
  });

  await t.test('a restart, and two-way again: what was created is synced', async () => {
    await daemon.restart();
    await waitFor('it is named after a restart', async () => (await refusedOn(daemon)).join() === 'empty,new.txt');
    await change(daemon, 'two-way');
    await waitFor('it is synced', () => exists(left, 'new.txt') && exists(left, 'empty'));
    await settle('docs', hub, daemon);
    assertSameTrees(left, root);
  });

  await t.test('I9: send-only: what others change is overridden, what they create is not taken', async () => {
    for (const path of ['new.txt', 'empty']) rmSync(join(left, path), { recursive: true });
    await settle('docs', hub, daemon);
    await change(hub, 'send-only');
    await waitFor('the client knows it', async () => {
      writeFileSync(join(root, 'a.txt'), `edited ${performance.now()}`);
      await daemon.ok('wait', 'docs');
      return read(root, 'a.txt') === read(left, 'a.txt');
    });
    offend(root);
    await waitFor(
      'all is as the sender has it',
      () => exists(root, 'b.txt') && exists(root, 'deep/er/d.txt') && exists(root, 'dir/1.txt'),
    );
    writeFileSync(join(left, 'sent.txt'), 'sent');
    await waitFor('what the sender makes arrives', () => exists(root, 'sent.txt'));
    await settle('docs', hub, daemon);
    await hub.restart();
    writeFileSync(join(root, 'c.txt'), 'edited after a restart');
    await waitFor('it is overridden', () => read(root, 'c.txt') === 'c');
    await settle('docs', hub, daemon);
    await waitFor('what was created is named', async () => (await refusedOn(daemon)).join() === 'empty,new.txt');
    assert.ok(!exists(left, 'new.txt') && !exists(left, 'empty'));
    for (const path of ['new.txt', 'empty']) rmSync(join(root, path), { recursive: true });
    assertSameTrees(left, root);
  });
});
