// What a service is told of itself: its unit, what of a path is kept from it, and what to type so that it is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../protocol/errors.ts';
import { ownUnit } from '../../daemon/system/own-unit.ts';
import { sandboxedAt } from '../../daemon/system/sandbox.ts';
import type { Surroundings } from '../../daemon/system/surroundings.ts';
import { FileSystemError } from '../../daemon/ports/file-system.ts';
import { checkCopy, refusalOf, refusePrivate } from '../../daemon/unusable-root.ts';

test('the unit is that of the process that systemd has started, of either version of cgroups', () => {
  const env = { SYSTEMD_EXEC_PID: '7' };
  const rows: [string, string, boolean | undefined][] = [
    ['0::/system.slice/syncd.service\n', 'syncd.service', false],
    ['9:name=systemd:/\n8:pids:/\n0::/system.slice/system-syncd.slice/syncd@ana.service\n', 'syncd@ana.service', false],
    ['1:name=systemd:/system.slice/syncd.service\n0::/\n', 'syncd.service', false],
    ['0::/user.slice/user-1000.slice/user@1000.service/app.slice/syncd.service\n', 'syncd.service', true],
    ['0::/user.slice/user-1000.slice/session-2.scope\n', '', undefined],
    ['', '', undefined],
  ];
  for (const [cgroups, name, ofUser] of rows)
    assert.deepEqual(ownUnit(env, 7, cgroups), ofUser === undefined ? undefined : { name, ofUser }, cgroups);
  assert.equal(ownUnit(env, 8, '0::/system.slice/cron.service\n'), undefined, 'started by a program in a service');
  assert.equal(ownUnit({}, 8, '0::/system.slice/cron.service\n'), undefined);
});

// As the kernel shows them to a service under systemd/syncd.service on Debian 12.
const MOUNTS = `779 750 0:60 / / rw,relatime shared:187 master:72 - overlay hosts rw,lowerdir=/
780 779 0:68 / /tmp rw,nosuid,nodev shared:204 master:98 - tmpfs tmpfs rw,size=2468412k
798 779 7:1 / /data rw,relatime shared:223 master:106 - ext4 /dev/loop1 rw
799 779 7:2 / /mnt/cd\\040rom ro,relatime - iso9660 /dev/sr0 ro
784 779 0:60 /etc /etc ro,nosuid,relatime shared:230 master:72 - overlay hosts rw,lowerdir=/
785 784 0:60 /etc/syncd /etc/syncd rw,nosuid,relatime shared:231 master:72 - overlay hosts rw,lowerdir=/
786 779 0:71 /systemd/inaccessible/dir /home ro,nosuid,nodev,noexec shared:232 master:102 - tmpfs tmpfs rw,mode=755
787 779 0:80 / /root ro,nosuid,nodev,noexec,relatime shared:233 - tmpfs tmpfs ro,size=4k
818 780 0:68 /systemd-private-8949-syncd.service-pPA5x6/tmp /tmp rw,nosuid shared:205 master:98 - tmpfs tmpfs rw
825 786 7:1 /docs /home/ana/docs rw,relatime - ext4 /dev/loop1 rw
`;

test('what a unit hides, locks or replaces is known by its mounts, and nothing else is', () => {
  const rows: [string, ReturnType<typeof sandboxedAt>][] = [
    ['/srv/docs', undefined],
    ['/data/docs', undefined],
    ['/mnt/cd rom/docs', undefined],
    ['/etc/nginx', 'locked'],
    ['/etcetera', undefined],
    ['/etc/syncd/docs', undefined],
    ['/home/ana', 'hidden'],
    ['/home/ana/docs/notes', undefined],
    ['/root/docs', 'hidden'],
    ['/tmp/docs', 'private'],
    ['/tmp', 'private'],
  ];
  for (const [path, sandboxed] of rows) assert.equal(sandboxedAt(path, MOUNTS), sandboxed, path);
  assert.equal(sandboxedAt('/srv/docs', ''), undefined);
});

const unit = { name: 'syncd.service', ofUser: false };
const denied = new FileSystemError('EACCES', 'mkdir', '/home/ana/docs');
const around = (rest: Partial<Surroundings> = {}): Surroundings => ({
  unit,
  sandboxed: undefined,
  user: 'syncd',
  ...rest,
});

test('a path that cannot be used is refused with what to type', () => {
  const says = (path: string, rest: Partial<Surroundings>, error = denied): string => {
    const refusal = refusalOf(path, 'docs', error, around(rest));
    assert.equal(refusal?.code, 'E_FOLDER_PATH');
    return `${refusal.message}\n${refusal.hint}`;
  };
  assert.equal(
    says('/home/ana/docs', { sandboxed: 'hidden' }),
    '/home/ana/docs cannot be the directory of docs: syncd.service does not see it (ProtectHome=)\n' +
      'sudo mkdir -p /home/ana/docs /etc/systemd/system/syncd.service.d && ' +
      String.raw`printf '[Service]\nProtectHome=tmpfs\nBindPaths=-/home/ana/docs\n'` +
      ' | sudo tee /etc/systemd/system/syncd.service.d/docs.conf && sudo systemctl daemon-reload && ' +
      'sudo systemctl restart syncd.service; then again.',
  );
  assert.match(says('/etc/nginx', { sandboxed: 'locked' }), /may not write there.*\n.*ReadWritePaths=-\/etc\/nginx\\n/);
  assert.match(
    says('/srv/docs', {}),
    /EACCES\nThe daemon runs as syncd: sudo install -d -o syncd -g syncd \/srv\/docs;/,
  );
  const inside = new FileSystemError('EACCES', 'mkdir', '.syncd');
  assert.match(says('/srv/docs', { owner: 0 }, inside), /\n.* syncd: sudo chown -R syncd: \/srv\/docs; then again\.$/);
  for (const owner of [1000, undefined]) {
    const hint = says('/srv/docs', { owner }, inside);
    assert.match(hint, /\n.* syncd: sudo setfacl -R -m u:syncd:rwX,d:u:syncd:rwX \/srv\/docs;.* syncd@OWNER\.$/);
    assert.doesNotMatch(hint, /chown/, 'what is somebody else’s stays theirs');
  }
  assert.doesNotMatch(says('/srv/docs', { unit: undefined, user: 'ana', owner: 1000 }, inside), /OWNER/);
  for (const sandboxed of ['hidden', 'locked', undefined] as const)
    assert.doesNotMatch(
      says("/home/ana/it's $(mine)", { sandboxed }),
      /sudo/,
      'nothing to paste that a shell would read',
    );
});

test('what is not about the path is not explained by it', () => {
  assert.equal(refusalOf('/srv/docs', 'docs', new Error('a bug'), around()), undefined);
  const nested = new CodedError('E_FOLDER_NESTED', 'in another');
  assert.equal(refusalOf('/home/ana/docs', 'docs', nested, around({ sandboxed: 'hidden' })), nested);
  const full = refusalOf('/srv/docs', 'docs', new FileSystemError('ENOSPC', 'mkdir', '/srv/docs'), around());
  assert.match(full?.message ?? '', /ENOSPC/);
});

test("a folder in the service's own /tmp would be seen by nobody, and is refused", () => {
  assert.throws(() => refusePrivate('/tmp/docs', 'folder', around({ sandboxed: 'private' })), {
    code: 'E_FOLDER_PATH',
  });
  refusePrivate('/srv/docs', 'folder', around());
  // Started by hand in a service that has its own /tmp: who asks is in it too.
  refusePrivate('/tmp/docs', 'folder', around({ unit: undefined, sandboxed: 'private' }));
});

test('a copy is refused where the service does not see or may not write, and the hint names a place where it can be', () => {
  for (const [sandboxed, why] of [
    ['hidden', /ProtectHome=/],
    ['locked', /ProtectSystem=/],
    ['private', /PrivateTmp=/],
  ] as const)
    assert.throws(
      () => checkCopy('/home/ana/old', around({ sandboxed })),
      (error: CodedError) => error.code === 'E_FOLDER_PATH' && why.test(error.message) && error.hint.includes('/srv'),
    );
  checkCopy('/srv/syncd/old', around());
  checkCopy('/home/ana/old', around({ unit: undefined, sandboxed: 'hidden' }));
});
