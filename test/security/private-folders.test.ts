// Private folders of a hub, and a paired peer that guesses their names: it is answered as for a name that there is not.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Message } from '../../protocol/messages.ts';
import { parseInvitation } from '../../daemon/peer/invitation.ts';
import { temporaryDirectory } from '../system/daemon.ts';
import { exists, plant, read } from '../system/trees.ts';
import { battleground } from './ground.ts';
import { MaliciousPeer, type Wire, nextSeq, sha256, someIdentity } from './malicious-peer.ts';

const DIARY = 'dear diary, this is nobody’s business\n';

test('a private folder is to everybody else as if it were not there, also by its name', async (t) => {
  const place = temporaryDirectory(t);
  const storage = join(place, 'storage');
  mkdirSync(storage);
  const { hub, laptop, mallory, standsFirm } = await battleground(t, { config: `storage: ${storage}\n` });
  plant(join(place, 'notes'), { 'diary.txt': DIARY });
  await laptop.ok('join', (await hub.ok('invite', 'notes', '--private')).trim(), join(place, 'notes'));
  await laptop.ok('wait', 'notes', '--timeout', '90');
  assert.equal(read(storage, 'laptop:notes/diary.txt'), DIARY);

  /** All that is answered when somebody acts as if they shared the folder. */
  const answersTo = async (folder: string): Promise<readonly Message[]> => {
    const wire: Wire = await mallory.open();
    const before = wire.heardFrames.length;
    const asked = { folder, path: 'diary.txt', sha256: sha256(DIARY) } as const;
    wire.send(mallory.index(folder, { reply: true }));
    wire.send({ type: 'CHUNK_REQUEST', ...asked, request: 1, want: 'bytes', ranges: [[0, DIARY.length]] });
    wire.sendFrame(mallory.update(folder, 'planted.txt', 'planted'));
    wire.send({ type: 'FILE_DELETE', folder, seq: nextSeq(), record: mallory.version('diary.txt') });
    wire.send({ type: 'ERROR', code: 'E_NOT_SHARED', message: 'no', folder, fatal: false });
    await wire.answers();
    const said = wire.heardFrames.slice(before).map(({ message }) => message);
    wire.cut();
    await wire.ended;
    // What is said of folders that it does share is no answer to this.
    return said.filter((message) => message.type !== 'PONG' && 'folder' in message && message.folder !== 'docs');
  };
  const unnamed = (answers: readonly Message[], folder: string): string =>
    JSON.stringify(answers).replaceAll(folder, 'FOLDER');

  const expected = unnamed(await answersTo('nobody:nothing'), 'nobody:nothing');
  assert.match(expected, /"code":"E_NOT_SHARED"/);
  for (const guess of ['laptop:notes', 'notes', 'mallory:notes', `${laptop.name}:nothing`])
    assert.equal(unnamed(await answersTo(guess), guess), expected, guess);
  assert.deepEqual(readdirSync(join(storage, 'laptop:notes')).toSorted(), ['.syncd', 'diary.txt']);

  // With an invitation of its own, under the other's name, it gets a folder of its own.
  const { device, secret } = parseInvitation(await hub.ok('invite', 'notes', '--private'));
  const second = new MaliciousPeer(t, await someIdentity(t), device, mallory.port);
  const joining = await second.connect();
  joining.send({ type: 'JOIN', secret, name: 'laptop', preview: false });
  const joined = await joining.heard('JOINED');
  await joining.ended;
  const [given] = joined.folders;
  assert.equal(given?.name, `laptop-${second.identity.device.slice(0, 4)}:notes`);
  assert.deepEqual([given?.files, joined.folders.length], [0, 1]);
  const wire = await second.openFolder(given?.name ?? '');
  wire.send(second.index('laptop:notes', { reply: true }));
  await wire.heard('ERROR', ({ code, folder }) => code === 'E_NOT_SHARED' && folder === 'laptop:notes');

  assert.equal(exists(join(place, 'notes'), 'planted.txt'), false);
  assert.equal(read(storage, 'laptop:notes/diary.txt'), DIARY);
  await standsFirm('guesses at private folders');
});
