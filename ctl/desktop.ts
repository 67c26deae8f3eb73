// Events on the desktop of whoever runs `syncctl events --desktop`: for a daemon that runs as a service of the system and
// belongs to no session. What needs somebody is shown, and of one kind in one folder only so often.
import { execFile } from 'node:child_process';
import type { EventItem } from '../protocol/control.ts';
import { Failure } from './failure.ts';

/** From one notice of a kind in a folder to the next; what comes in between is in `syncctl status`. */
const PAUSE_MS = 10_000;
const TIMEOUT_MS = 10_000;

export class Desktop {
  readonly #nowMs: () => number;
  readonly #shownMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Throws Failure where there is nobody to show it to. */
  async show({ kind, folder, path, what }: EventItem): Promise<void> {
    if (kind !== 'conflict' && kind !== 'warning') return;
    const nowMs = this.#nowMs();
    const key = `${kind}\0${folder}`;
    const last = this.#shownMs.get(key);
    if (last !== undefined && Math.abs(nowMs - last) < PAUSE_MS) return;
    this.#shownMs.set(key, nowMs);
    const text =
      kind === 'conflict'
        ? `${path ?? ''} was changed on two devices; both contents are kept. See syncctl conflicts ${folder}`
        : `${what}. See syncctl status`;
    await notifySend(`syncd: ${folder}`, text);
  }
}

function notifySend(title: string, text: string): Promise<void> {
  // Servers of notices read the text as markup.
  const body = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return new Promise((resolve, reject) => {
    execFile('notify-send', ['--app-name=syncd', '--', title, body], { timeout: TIMEOUT_MS }, (error) => {
      if (error === null) resolve();
      else
        reject(
          new Failure(
            'E_NOTIFY',
            `notify-send failed: ${error.message.split('\n')[0] ?? ''}`,
            'It is in the package libnotify-bin, and needs a desktop session: try notify-send hello.',
          ),
        );
    });
  });
}
