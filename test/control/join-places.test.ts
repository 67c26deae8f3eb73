// Where the folders of an invitation go: a table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeFolders } from '../../daemon/control/join-places.ts';
import { CodedError } from '../../protocol/errors.ts';
import { NAS, named, settings } from './fake-daemon.ts';

const docs = named('docs');
const photos = named('photos');
const existing = new Map([[docs, settings('docs', '/srv/docs')]]);
const nothing = { inviter: NAS, path: undefined, cwd: '/home/ana', as: undefined };

test('a new folder goes to PATH, or below where the user stands', () => {
  const at = (wish: object): string[] =>
    placeFolders([photos], existing, { ...nothing, ...wish }).map((one) => one.path);

  assert.deepEqual(at({}), ['/home/ana/photos']);
  assert.deepEqual(at({ path: '/mnt/pictures/' }), ['/mnt/pictures']);
  assert.throws(() => at({ cwd: undefined }), /path: missing/);
  assert.throws(() => at({ path: 'pictures' }), /absolute/);
});

test('several folders each get a directory in PATH', () => {
  const places = placeFolders([photos, named('laptop:notes')], new Map(), { ...nothing, path: '/mnt' });
  assert.deepEqual(
    places.map((one) => one.path),
    ['/mnt/photos', '/mnt/notes'],
  );
});

test('a folder that is here is used where it is; at another path it is refused, unless it gets another name', () => {
  const [used] = placeFolders([docs], existing, nothing);
  assert.deepEqual(used, { offered: docs, name: docs, path: '/srv/docs', exists: true });
  assert.equal(placeFolders([docs], existing, { ...nothing, path: '/srv/docs/' })[0]?.exists, true);

  assert.throws(
    () => placeFolders([docs], existing, { ...nothing, path: '/other' }),
    (error: unknown) => error instanceof CodedError && error.code === 'E_FOLDER_EXISTS' && /--as NAME/.test(error.hint),
  );

  const [renamed] = placeFolders([docs], existing, { ...nothing, path: '/other', as: 'docs2' });
  assert.deepEqual(renamed, { offered: docs, name: named('docs2'), path: '/other', exists: false });
});

test('--as names one folder, by a name that a folder may have', () => {
  assert.throws(() => placeFolders([docs, photos], new Map(), { ...nothing, as: 'x' }), /one folder/);
  assert.throws(() => placeFolders([photos], new Map(), { ...nothing, as: '../x' }), /cannot be the name/);
});

test('a folder that is here by another name is found by the name that the inviter has for it', () => {
  const notes = {
    ...settings('notes', '/srv/notes', [[NAS, 'two-way']]),
    names: new Map([[NAS, named('laptop:notes')]]),
  };
  const here = new Map([[notes.name, notes]]);
  const [used] = placeFolders([named('laptop:notes')], here, nothing);
  assert.deepEqual(used, { offered: 'laptop:notes', name: 'notes', path: '/srv/notes', exists: true });

  assert.throws(() => placeFolders([named('laptop:notes')], here, { ...nothing, as: 'diary' }), /as notes/);
  // The shared folder of that name is another one.
  assert.throws(() => placeFolders([named('notes')], here, nothing), /is laptop:notes on the inviting device/);
  const [other] = placeFolders([named('notes')], here, { ...nothing, as: 'team' });
  assert.deepEqual(other, { offered: 'notes', name: 'team', path: '/home/ana/team', exists: false });
});
