// `syncctl doctor`.
import type { Finding, VerifyLine } from '../../protocol/doctor.ts';
import type { Command, Context } from '../command.ts';
import { usage } from '../failure.ts';
import { type Cell, count, humanSize, size, text } from '../output/cell.ts';
import type { Output } from '../output/output.ts';

const NEEDS_ATTENTION = 5;
const LEVELS = {
  ok: { text: 'ok     ', tone: 'good' },
  warning: { text: 'warning', tone: 'attention' },
  error: { text: 'error  ', tone: 'bad' },
} as const;

export const doctor: Command = {
  name: 'doctor',
  summary: 'look for what goes wrong in practice, and say what to do',
  details:
    'Looks at inotify limits, disk space, permissions, clocks, versions of peers, and at all that status names. --verify ' +
    'reads every file and compares it with the index: what the disk has changed behind everybody is named, and never ' +
    'spread. The exit status is 5 when anything was found. Columns in a pipe: level, folder or peer, code, message, hint; ' +
    'with --verify what was found, folder, path, code, and at the end done, folder, files, bytes, damaged, unreadable.',
  arguments: [{ syntax: '[folder]', tells: 'this folder alone' }],
  options: [
    { flags: '--verify', tells: 'read every file again, and compare' },
    {
      flags: '--repair',
      tells: 'with --verify: fetch what is damaged from a peer; the damaged file is kept as a version',
    },
  ],
  examples: [
    { line: 'syncctl doctor', tells: 'when something seems wrong' },
    { line: 'syncctl doctor --verify docs', tells: 'now and then, on disks that are not trusted' },
  ],
  async run(context, given) {
    const { client, out } = context;
    const [folder, repair] = [given.optional('folder'), given.flag('repair')];
    if (given.flag('verify')) return verify(context, folder, repair);
    if (repair) throw usage('--repair needs --verify');
    const answer = await client.ask('doctor', { folder });
    if (out.json) out.value(answer);
    else if (!out.quiet) for (const finding of answer.findings) show(out, finding);
    return answer.worst === 'ok' ? 0 : NEEDS_ATTENTION;
  },
};

function show(out: Output, { check, level, folder, peer, message, hint, code }: Finding): void {
  if (!out.terminal) {
    out.table([], [[level, folder ?? peer, code, message, hint].map((value) => text(value))]);
    return;
  }
  // What was looked at on a peer names it in its own words.
  const about = folder ?? (check === 'status' ? peer : null);
  out.line([
    LEVELS[level],
    { text: ` ${about === null ? '' : `${about}: `}${message}${code === null ? '' : ` (${code})`}` },
  ]);
  if (hint !== '') out.line(`        → ${hint}`);
}

async function verify(
  { client, out, terminal }: Context,
  folder: string | undefined,
  repair: boolean,
): Promise<number> {
  let found = false;
  for await (const line of client.stream('verify', { folder, repair })) {
    found ||= line.kind === 'damaged' || line.kind === 'unreadable' || line.kind === 'failed';
    if (out.json) await out.streamed(line);
    else if (line.kind === 'progress') {
      if (terminal.answers) out.note(tell(line, repair));
    } else if (!out.quiet && out.terminal) out.line(tell(line, repair));
    else if (!out.quiet) out.table([], [[text(line.kind), text(line.folder), ...pipedCells(line)]]);
  }
  return found ? NEEDS_ATTENTION : 0;
}

/** After its kind and folder, for a program. */
function pipedCells(line: VerifyLine): Cell[] {
  switch (line.kind) {
    case 'damaged':
    case 'unreadable':
      return [text(line.path), text(line.code)];
    case 'changed':
      return [text(line.path)];
    case 'failed':
      return [text(line.code), text(line.message)];
    case 'progress':
      return [];
    case 'done':
      return [count(line.files), size(line.bytes), count(line.damaged), count(line.unreadable)];
  }
}

function tell(line: VerifyLine, repair: boolean): string {
  const { folder } = line;
  switch (line.kind) {
    case 'damaged': {
      const next = repair
        ? 'is fetched again from a peer'
        : 'its content is not what was written; nobody has changed it';
      return `damaged     ${folder}: ${line.path}: ${next}`;
    }
    case 'unreadable':
      return `unreadable  ${folder}: ${line.path} (${line.code ?? ''})`;
    case 'changed':
      return `changed     ${folder}: ${line.path}: edited just now`;
    case 'failed':
      return `failed      ${folder}: ${line.message} (${line.code})`;
    case 'progress':
      return `${folder}: ${line.files} of ${line.total_files} files, ${humanSize(line.bytes)} of ${humanSize(line.total_bytes)}`;
    case 'done': {
      const { files, bytes, damaged, unreadable } = line;
      return `verified    ${folder}: ${files} files, ${humanSize(bytes)}; ${damaged} damaged, ${unreadable} unreadable`;
    }
  }
}
