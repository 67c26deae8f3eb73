// A notice as a command reads it from its standard input, and as a desktop shows it.
import type { NoticeJson } from '../../protocol/notice.ts';
import type { Gathered } from '../core/notices.ts';
import type { DeviceId } from '../core/ids.ts';
import { hintFor } from './attention.ts';
import { rfc3339 } from './rfc3339.ts';

export interface Naming {
  readonly self: DeviceId;
  deviceName(device: DeviceId): string;
}

/** One line of JSON. */
export function noticeText(notice: Gathered, naming: Naming): string {
  return `${JSON.stringify(noticeJson(notice, naming))}\n`;
}

export function noticeJson(notice: Gathered, { self, deviceName }: Naming): NoticeJson {
  const { kind, atMs, folder, path, peer, code, message, count, paths } = notice;
  return {
    event: kind,
    time: rfc3339(atMs),
    device: { id: self, name: deviceName(self) },
    folder,
    path: path ?? null,
    paths,
    count,
    peer: peer === undefined ? null : { id: peer, name: deviceName(peer) },
    code: code ?? null,
    message,
    hint: hintOf(notice),
  };
}

/** Title and text, for a person. */
export function noticeForPerson(notice: Gathered, { self, deviceName }: Naming): readonly [string, string] {
  const more = notice.count > 1 ? ` (and ${notice.count - 1} more)` : '';
  return [`syncd on ${deviceName(self)}: ${notice.folder}`, `${notice.message}${more}. ${hintOf(notice)}`];
}

function hintOf({ kind, folder, code }: Gathered): string {
  if (code !== undefined) return hintFor(code, folder);
  return kind === 'conflict' ? `syncctl conflicts ${folder}` : 'syncctl peers';
}
