import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadConfig } from '../../daemon/config/load.ts';
import { inherit } from '../../daemon/config/merge.ts';
import { BUILT_IN_PROFILES } from '../../daemon/config/profiles.ts';
import { showConfig, showConfigText } from '../../daemon/config/show.ts';
import type { FolderSettings } from '../../daemon/core/settings.ts';
import { folderName, HUB, SELF, written } from './surroundings.ts';

function folder(text: string): FolderSettings {
  const found = loadConfig(written(text)).folders.get(folderName('docs'));
  assert.ok(found);
  return found;
}

test('a profile goes over defaults and under what the folder says itself, key by key', () => {
  const docs = folder(`defaults: { rescan: 1m, watch: poll, versions: { keep: 1d }, peers: { hub: two-way } }
profiles: { mine: { rescan: 2m, max_delete: 10%, versions: { max_size: 5% } } }
folders: { docs: { path: /srv/docs, profile: mine, max_delete: 20% } }
peers: { hub: { id: ${HUB} } }`);
  assert.equal(docs.profile, 'mine');
  assert.deepEqual([docs.rescanMs, docs.watch, docs.maxDelete], [120_000, 'poll', 0.2]);
  assert.deepEqual(docs.versions, { keepMs: 86_400_000, maxShare: 0.05 });
  assert.deepEqual([...docs.peers.keys()], [HUB]);
});

for (const [name, keys] of Object.entries(BUILT_IN_PROFILES)) {
  test(`the built-in profile ${name} is one that a person could write`, () => {
    loadConfig(written(JSON.stringify({ profiles: { [name]: keys } })));
  });
  test(`a folder may name the built-in profile ${name}`, () => {
    assert.equal(folder(`folders: { docs: { path: /srv/docs, profile: ${name} } }`).profile, name);
  });
}

test('a profile of the configuration goes in the place of a built-in one of its name', () => {
  const docs = folder(`profiles: { text: { rescan: 2m } }\nfolders: { docs: { path: /srv/docs, profile: text } }`);
  assert.equal(docs.rescanMs, 120_000);
});

for (const [profile, expected] of [
  ['nosuchthing', 'expected one of text, code, documents, mirror, mine'],
  ['docments', 'did you mean documents?'],
  ['mien', 'did you mean mine?'],
] as const)
  test(`a profile that does not exist is refused where it is named: ${profile}`, () => {
    const text = `profiles: { mine: {} }\nfolders:\n  docs:\n    path: /srv/docs\n    profile: ${profile}`;
    const message = `/etc/syncd/config.yaml:5: folders.docs.profile: unknown profile ${profile}; ${expected}`;
    assert.throws(() => folder(text), { code: 'E_CONFIG', message });
  });

for (const [why, text, message] of [
  ['a path, which is of one folder', 'profiles: { mine: { path: /srv } }', /profiles\.mine\.path: unknown key/],
  ['another profile', 'profiles: { mine: { profile: text } }', /profiles\.mine\.profile: unknown key/],
  ['a key that is misspelt', 'profiles: { mine: { rescn: 5m } }', /profiles\.mine\.rescn: unknown key; did you mean/],
  ['a value that is wrong', 'profiles: { mine: { rescan: 1s } }', /profiles\.mine\.rescan: found 1s; expected a time/],
  ['a name with a slash', 'profiles: { a/b: {} }', /profiles\.a\/b: found a\/b; expected letters/],
  ['no mapping', 'profiles: { mine: fast }', /profiles\.mine: found fast; expected keys of a folder/],
] as const)
  test(`a profile is refused that holds ${why}`, () => {
    assert.throws(() => loadConfig(written(text)), { code: 'E_CONFIG', message });
  });

test('lists are put together; what is in both counts where it comes last, as the last match decides', () => {
  assert.deepEqual(inherit({ ignore: ['*.tmp', '*.log'] }, { ignore: ['!a.log', '*.tmp'] }), {
    ignore: ['*.log', '!a.log', '*.tmp'],
  });
});

test('what is in effect shows every profile, and means the same when it is read again', () => {
  const text = `profiles: { mine: { rescan: 2m } }\nfolders: { docs: { path: /srv/docs, profile: mine, watch: poll } }`;
  const config = loadConfig(written(text));
  const profiles = { ...BUILT_IN_PROFILES, mine: { rescan: '2m' } };
  assert.deepEqual(showConfig(config, SELF)['profiles'], profiles);
  assert.deepEqual(loadConfig(written(showConfigText(config, SELF))).folders, config.folders);
});
