// Shows on the terminal what the two devices report as it happens: a line a change, and in a burst only the first few.
import process from 'node:process';
import { styleText } from 'node:util';
import type { EventItem } from '../protocol/control.ts';
import type { Device } from './demo-device.ts';

/** Lines of a burst are gathered this long. */
const GATHER_MS = 250;
/** More lines than this in one burst of one device become a count. */
const LINES_A_BURST = 12;

/** Begins to show the events of a device until it is stopped. */
export function showEvents(device: Device): void {
  let waiting: string[] = [];
  device.follow(['--json', 'events', '--follow'], (line) => {
    const text = describe(device.name, JSON.parse(line) as EventItem);
    if (text === undefined) return;
    if (waiting.length === 0) setTimeout(flush, GATHER_MS);
    waiting.push(text);
  });
  const flush = (): void => {
    for (const text of waiting.slice(0, LINES_A_BURST)) console.log(text);
    const more = waiting.length - LINES_A_BURST;
    if (more > 0) console.log(`          ${device.name.padEnd(7)} … and ${more.toLocaleString('en')} more`);
    waiting = [];
  };
}

/** One line, or nothing for what only matters inside. */
function describe(name: string, event: EventItem): string | undefined {
  const time = new Date(event.time).toTimeString().slice(0, 8);
  const start = `${styleText('dim', time)}  ${name.padEnd(7)}`;
  const path = printable(event.path ?? '');
  const size = event.size === null ? '' : styleText('dim', `  ${humanSize(event.size)}`);
  switch (event.kind) {
    case 'change':
      return event.direction === 'received'
        ? `${start} ${styleText('green', '←')} ${event.what.padEnd(10)} ${path}${size}  from ${event.device_name ?? '?'}`
        : `${start} ${styleText('cyan', '•')} ${event.what.padEnd(10)} ${path}${size}`;
    case 'conflict':
    case 'warning':
      return `${start} ${styleText('yellow', '!')} ${event.what} ${path}${event.code === null ? '' : ` (${event.code})`}`;
    case 'peer':
      return `${start} ${styleText('dim', '·')} ${event.what} ${event.device_name ?? ''}`;
    case 'condition':
      return undefined; // scanning, syncing and idle alternate all the time; what needs a person comes as a warning
  }
}

/** A name may hold anything, also what would move the cursor. */
function printable(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function humanSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [amount, unit] = [bytes, 0];
  while (amount >= 1024 && unit < units.length - 1) [amount, unit] = [amount / 1024, unit + 1];
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`;
}

export function say(text = ''): void {
  process.stdout.write(`${text}\n`);
}
