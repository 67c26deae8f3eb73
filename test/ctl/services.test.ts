// syncctl where the daemon is a service of systemd and does not answer: which service is meant, and what the journal has of
// it. systemctl and journalctl are stood in for by scripts: test/hosts asks the real ones.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Ended, syncctl } from './run.ts';

const isRoot = process.getuid?.() === 0;
const me = userInfo().username;
const skip = existsSync('/run/syncd/syncd.sock') ? 'skipped: a daemon of the system runs here' : false;

interface Unit {
  readonly Id: string;
  readonly LoadState?: string;
  readonly UnitFileState?: string;
  readonly ActiveState?: string;
  readonly Result?: string;
  readonly StatusText?: string;
}

/** As if systemd had these units, and the journal these entries. */
function standIn(
  t: TestContext,
  units: { ofSystem: readonly Unit[]; ofUser?: readonly Unit[] },
  journal: unknown[] = [],
) {
  const place = mkdtempSync(join(tmpdir(), 'syncd-units-'));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  const shown = (all: readonly Unit[]): string =>
    all
      .map((unit) =>
        [...Object.entries(unit), ['StateChangeTimestamp', 'Sat 2026-11-21 09:12:01 UTC']]
          .map(([k, v]) => `${k}=${v}\n`)
          .join(''),
      )
      .join('\n');
  writeFileSync(join(place, 'system'), shown(units.ofSystem));
  writeFileSync(join(place, 'user'), shown(units.ofUser ?? []));
  writeFileSync(join(place, 'entries'), journal.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const program = (name: string, script: string): void => {
    writeFileSync(join(place, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(place, name), 0o755);
  };
  program('systemctl', `case "$1" in --user) cat ${place}/user;; *) cat ${place}/system;; esac`);
  program('journalctl', `echo "$*" >> ${place}/asked; cat ${place}/entries`);
  const env = {
    PATH: `${place}:${process.env['PATH'] ?? ''}`,
    HOME: place,
    XDG_RUNTIME_DIR: join(place, 'run'),
    XDG_STATE_HOME: join(place, 'state'),
  };
  return {
    syncctl: async (...words: string[]): Promise<Ended> => syncctl(words, { env }),
    asked: (): string => readFileSync(join(place, 'asked'), 'utf8'),
  };
}

const hub: Unit = {
  Id: 'syncd.service',
  LoadState: 'loaded',
  UnitFileState: 'disabled',
  ActiveState: 'inactive',
  Result: 'success',
};

test(
  'who does not answer is named by the service that is meant, with how it stands and how to start it',
  { skip },
  async (t) => {
    const failed = { ...hub, UnitFileState: 'enabled', ActiveState: 'failed', Result: 'exit-code' };
    const waits = { ...hub, ActiveState: 'activating', StatusText: 'failed 3 times in a row; tries again in 4 s' };
    const own = { ...hub, Id: `syncd@${me}.service`, UnitFileState: 'enabled' };
    const rows: [Parameters<typeof standIn>[1], RegExp][] = [
      [
        { ofSystem: [failed] },
        /\(syncd\.service is failed since Sat .+: exit-code\)\nhint: sudo systemctl start syncd; journalctl -u syncd -n 20\n$/,
      ],
      [
        { ofSystem: [waits] },
        /\(syncd\.service is activating since .+: failed 3 times in a row; tries again in 4 s\)\n/,
      ],
      [{ ofSystem: [hub], ofUser: [hub] }, /\(syncd\.service is inactive .+\)\nhint: sudo systemctl/],
      [
        { ofSystem: [{ Id: 'syncd.service', LoadState: 'not-found', ActiveState: 'inactive' }] },
        /syncd\.sock\nhint: Start it: syncd; or/,
      ],
      [{ ofSystem: [] }, /syncd\.sock\nhint: Start it: syncd; or/],
      [
        { ofSystem: [own, hub] },
        new RegExp(`\\(syncd@${me}\\.service .+\\)\\nhint: sudo systemctl start syncd@${me};`),
      ],
    ];
    // root has no daemon of its own beside the hub.
    if (!isRoot)
      rows.push([{ ofSystem: [hub], ofUser: [failed] }, /\nhint: systemctl --user start syncd; journalctl --user/]);
    for (const [units, expected] of rows) {
      const { code, stderr } = await standIn(t, units).syncctl('status');
      assert.equal(code, 3);
      assert.match(stderr, expected);
    }
  },
);

test(
  'logs of a service that does not run are those of the journal, and the exit status is 3 all the same',
  { skip },
  async (t) => {
    const atUs = (s: number): string => `${Date.UTC(2026, 10, 21, 9, 12, s) * 1000}`;
    const { syncctl: ctl, asked } = standIn(t, { ofSystem: [{ ...hub, ActiveState: 'failed' }] }, [
      { __REALTIME_TIMESTAMP: atUs(0), PRIORITY: '6', MESSAGE: 'Starting syncd.service' },
      {
        __REALTIME_TIMESTAMP: atUs(1),
        PRIORITY: '4',
        MESSAGE: 'left alone folder=docs path=a',
        SYNCD_MESSAGE: 'left alone',
        SYNCD_FIELDS: '{"folder":"docs","path":"a"}',
      },
      { __REALTIME_TIMESTAMP: atUs(2), PRIORITY: '3', MESSAGE: [98, 97, 100, 255, 10] },
      { __REALTIME_TIMESTAMP: atUs(3), MESSAGE: null },
    ]);
    const text = await ctl('logs', '--level', 'warn', '--limit', '7');
    assert.deepEqual(
      [text.code, text.stdout.split('\n')],
      [
        3,
        [
          '2026-11-21T09:12:00.000Z info Starting syncd.service',
          '2026-11-21T09:12:01.000Z warn left alone folder=docs path=a',
          '2026-11-21T09:12:02.000Z error bad\uFFFD\\n',
          '2026-11-21T09:12:03.000Z info ',
          '',
        ],
      ],
    );
    assert.match(text.stderr, /^syncctl: E_NOT_RUNNING: .*is failed/);
    assert.match(asked(), /^--unit=syncd\.service .*--all .*-n 7 -p warning$/m);
    const json = (await ctl('logs', '--json')).stdout.split('\n');
    assert.deepEqual(JSON.parse(json[1] ?? ''), {
      time: '2026-11-21T09:12:01.000Z',
      level: 'warn',
      message: 'left alone',
      fields: { folder: 'docs', path: 'a' },
    });
    const named = await ctl('--home', '/nowhere', 'logs');
    assert.deepEqual([named.code, named.stdout], [3, ''], 'another daemon was meant');
  },
);
