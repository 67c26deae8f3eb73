// `status` as a person sees it.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import type { Overview, StatusFolder } from '../../protocol/control.ts';
import { Output } from '../../ctl/output/output.ts';
import { showStatus, stateWord } from '../../ctl/output/status-screen.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);

function folder(changes: Partial<StatusFolder> = {}): StatusFolder {
  return {
    name: 'docs',
    path: '/srv/docs',
    mode: 'two-way',
    state: 'idle',
    files: 12_408,
    bytes: 3_328_599_654,
    pending_files: 0,
    pending_bytes: 0,
    conflicts: 0,
    last_sync: new Date(NOW - 4000).toISOString(),
    error: null,
    skipped: [],
    peers: [{ id: 'L', name: 'laptop', role: 'two-way', connected: true, in_sync: true }],
    ...changes,
  };
}

function screen(overview: Overview): string {
  let text = '';
  const stdout = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    }),
    { isTTY: true },
  );
  showStatus(
    new Output({ stdout, stderr: stdout }, { json: false, csv: false, quiet: false, color: false }),
    overview,
    NOW,
  );
  return text;
}

test('status fits on one screen and ends with what to do', () => {
  const shown = screen({
    status: {
      daemon: { id: 'H', name: 'hub', version: '0.1.0', pid: 1, uptime_s: 273_600, health: 'degraded' },
      folders: [
        folder({ skipped: [{ path: 'run/pipe', code: 'E_KIND' }] }),
        folder({ name: 'photos', state: 'syncing', bytes: 300, pending_files: 2, pending_bytes: 100 }),
      ],
      peers: [
        {
          id: 'L',
          name: 'lap\u001btop',
          address: null,
          connected: true,
          since: new Date(NOW - 10_800_000).toISOString(),
          rtt_ms: 8.2,
          bytes_sent: 1024,
          bytes_received: 0,
        },
      ],
    },
    listening: '[::]:9031',
    attention: [
      { folder: 'docs', peer: null, code: 'E_CONFLICT', message: '1 conflict', hint: 'syncctl conflicts docs' },
    ],
    notes: [{ folder: 'docs', message: 'outside of its schedule until 2026-11-21T22:00Z' }],
  });
  assert.deepEqual(shown.split('\n'), [
    'syncd 0.1.0 on hub · up 3d 4h · listening on [::]:9031 · needs attention',
    '',
    'FOLDER  STATE          FILES     SIZE  PEERS  LAST SYNC',
    'docs    in sync       12,408  3.1 GiB    1/1  4s ago',
    'photos  syncing 75 %  12,408    300 B    1/1  4s ago · 2 files, 100 B left',
    '',
    'PEER        CONNECTED   RTT  FOLDERS         SENT  RECEIVED',
    'lap\\x1btop  yes, 3h    8 ms  docs photos  1.0 KiB       0 B',
    '',
    '! docs: 1 conflict (E_CONFLICT)  → syncctl conflicts docs',
    'docs: outside of its schedule until 2026-11-21T22:00Z',
    'docs: 1 left alone: run/pipe (E_KIND)',
    '',
  ]);
});

test('an idle folder says whether the others have it all', () => {
  const [one] = folder().peers;
  assert.ok(one);
  const word = (peers: StatusFolder['peers']): string => stateWord(folder({ peers })).word;
  assert.equal(word([]), 'not shared');
  assert.equal(word([{ ...one, connected: false }]), 'no peer connected');
  assert.equal(word([one, { ...one, in_sync: false }]), 'peers catching up');
  assert.equal(word([one, { ...one, connected: false, in_sync: false }]), 'in sync');
});
