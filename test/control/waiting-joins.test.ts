// Joins that have begun and are not finished, as people are told of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceId } from '../../daemon/core/ids.ts';
import type { Overview } from '../../protocol/control.ts';
import { LAPTOP, NAS, named } from './fake-daemon.ts';
import { ask, serve } from './served.ts';

test('a join that is waited for is said of its folder, here or not, until that is removed', async (t) => {
  const { socket, daemon } = await serve(t);
  const place = { offered: named('docs'), name: named('docs'), path: '/srv/docs', exists: true };
  const waiting = (name: string, inviter: DeviceId) => ({
    inviter,
    places: [{ ...place, name: named(name), path: `/srv/${name}` }],
    why: 'it did not answer',
  });
  daemon.waitingJoins = [waiting('docs', LAPTOP), waiting('photos', NAS)];
  const overview = async (query: string) => (await ask(socket, 'GET', `/v1/overview${query}`)).json as Overview;

  const { attention, status } = await overview('');
  const about = attention.filter(({ code }) => code === 'E_JOIN_PENDING');
  assert.deepEqual(
    about.map(({ folder, message }) => [folder, message]),
    [
      ['docs', 'joining laptop with /srv/docs is not finished: it did not answer'],
      ['photos', `joining ${NAS.slice(0, 7)} with /srv/photos is not finished: it did not answer`],
    ],
  );
  assert.match(about[1]?.hint ?? '', /syncctl remove-folder photos/);
  assert.equal(status.daemon.health, 'degraded');
  assert.equal(status.folders[0]?.error?.code, 'E_JOIN_PENDING');
  assert.deepEqual(
    (await overview('?folder=docs')).attention.map(({ folder }) => folder),
    ['docs'],
  );

  const removed = await ask(socket, 'POST', '/v1/folders/remove', { body: '{"folder":"photos"}' });
  assert.deepEqual([removed.status, daemon.waitingJoins.length, daemon.fakeFolders.size], [200, 1, 1]);
});
