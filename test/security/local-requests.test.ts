// A real daemon, of a user who may do nothing else on this machine, is asked for anything by somebody who may ask it: each
// request is done or refused with a code, none is the daemon's failure, and nothing is written beside its home and folders.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { routes } from '../../protocol/control.ts';
import { ask } from '../control/served.ts';
import { makeDaemon, node } from '../system/daemon.ts';
import { rounds } from '../system/rounds.ts';
import { plant } from '../system/trees.ts';
import { fingerprint } from './ground.ts';

/** Of nobody on any machine; none is made. */
const OWNER = 61_234;
const LONG_ENOUGH_S = 1;
const AS_OWNER = ['setpriv', `--reuid=${OWNER}`, `--regid=${OWNER}`, '--clear-groups'];

function cannot(): string | false {
  if (process.getuid?.() !== 0) return 'only root can become another user';
  try {
    execFileSync('setpriv', [...AS_OWNER.slice(1), node, '--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'another user cannot run the program from where it lies, or setpriv is not there';
  }
}

const ROUTES = Object.values(routes).filter(({ stream }) => !stream);

test(
  'I8: whatever a real daemon is asked for, it is done or refused with a code, inside its home and its folders',
  { skip: cannot() },
  async (t) => {
    const daemon = makeDaemon(t, { name: 'hub', under: AS_OWNER });
    const place = dirname(daemon.home);
    const [own, canary] = [join(place, 'own'), join(place, 'canary')];
    mkdirSync(own);
    for (const path of [place, daemon.home, join(daemon.home, 'config.yaml'), own]) chownSync(path, OWNER, OWNER);
    chmodSync(place, 0o755);
    plant(canary, { 'secret.txt': 'not theirs', 'dir/inner.txt': 'inner' });
    chmodSync(canary, 0o755);
    symlinkSync(canary, join(own, 'link'));
    const before = fingerprint(canary);
    await daemon.start();
    const socket = join(daemon.home, 'syncd.sock');
    await daemon.ok('add-folder', 'docs', join(own, 'docs'));

    const places = [
      'docs',
      'a',
      'a/b',
      'link',
      'link/x',
      '../canary',
      '../canary/x',
      '',
      '.',
      'docs/.syncd',
      'a\nb',
      'ü',
    ].map((name) => `${own}/${name}`);
    const text = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom('docs', 'a', 'music', '../x', '', 'x'.repeat(300), 'laptop:docs', '__proto__'),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ...places,
          '/',
          '/etc/passwd',
          '/root',
          '/proc/self',
          '/dev/null',
          'relative',
          '/a'.repeat(3000),
        ),
      },
      fc.constantFrom(
        'two-way',
        'read-only',
        'warn',
        '2026-11-21T09:30:00Z',
        '1',
        'true',
        'syncd:v1:h:1:x:y',
        '127.0.0.1:1',
        'a b:c',
      ),
      fc.constantFrom(
        'path=/',
        'enabled=false',
        'enabled=true',
        'peers={}',
        'mode=receive-only',
        `path=${own}/c`,
        'watch=poll',
        'x=y',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    const value = fc.oneof(
      { weight: 5, arbitrary: text },
      fc.array(text, { maxLength: 3 }),
      fc.constantFrom<unknown>(true, 0, 5, null),
    );
    const names =
      'folder name path mode ignore set peer folders role private expires_s addresses invitation as cwd quick since limit at version to last id dry_run text file'.split(
        ' ',
      );
    const likely: Readonly<Record<string, readonly string[]>> = {
      '/v1/folders/add': ['name', 'path', 'set'],
      '/v1/folders/edit': ['folder', 'set'],
      '/v1/invite': ['folders', 'addresses'],
      '/v1/join': ['invitation', 'path'],
      '/v1/restore': ['folder', 'path', 'to'],
      '/v1/config/check': ['text'],
    };
    const folder = fc.constantFrom('docs', 'a', 'music');
    const settings = fc.constantFrom(
      'enabled=false',
      'enabled=true',
      `path=${own}/c`,
      `path=${own}/docs`,
      'watch=poll',
      'peers={}',
    );
    const good = new Map([
      ...['name', 'folder', 'folders'].map((name) => [name, folder] as const),
      ...['path', 'to'].map((name) => [name, fc.constantFrom(...places)] as const),
      ['set', settings],
      ['addresses', fc.constant('127.0.0.1:1')],
    ]);
    const request = fc.constantFrom(...ROUTES).chain(({ method, path }) => {
      const named = likely[path] ?? ['folder'];
      const lists = new Set(['set', 'folders', 'addresses', 'ignore']);
      const expected = fc.tuple(
        ...named.map((name) => {
          const of = fc.oneof({ weight: 5, arbitrary: good.get(name) ?? text }, text);
          return (lists.has(name) ? fc.array(of, { maxLength: 2 }) : of).map((given): [string, unknown] => [
            name,
            given,
          ]);
        }),
      );
      const any = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 3 });
      return fc.tuple(fc.constant(method), fc.constant(path), fc.oneof({ weight: 3, arbitrary: expected }, any));
    });

    const done = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(request, async ([method, path, fields]) => {
        const asked = {
          ...Object.fromEntries<unknown>(fields),
          ...(path === '/v1/wait' ? { timeout_s: LONG_ENOUGH_S } : {}),
        };
        const query = new URLSearchParams(Object.entries(asked).map(([name, of]) => [name, String(of)])).toString();
        const answer =
          method === 'GET'
            ? await ask(socket, 'GET', `${path}?${query.slice(0, 8_000)}`)
            : await ask(socket, 'POST', path, { body: JSON.stringify(asked) });
        assert.notEqual(answer.status, 500, `${path} ${JSON.stringify(asked)}: ${answer.text}`);
        assert.ok(answer.json !== undefined, answer.text);
        if (answer.status === 200) done.set(path, (done.get(path) ?? 0) + 1);
      }),
      { numRuns: rounds(150) },
    );

    t.diagnostic(`done: ${[...done].map(([path, times]) => `${path} ${times}`).join(', ')}`);
    assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
    assert.deepEqual(fingerprint(canary), before);
    assert.doesNotMatch(
      readFileSync(`${daemon.home}.log`, 'utf8'),
      /E_INTERNAL|control request failed|something failed/,
    );
  },
);
