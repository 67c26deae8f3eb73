// Standard error, written at once, so that the last line before a crash is there. Whoever reads it may be slow or gone:
// a full pipe never stops the daemon and a closed one never ends it.
import pino from 'pino';

/** Of what a slow reader has not taken; beyond, new lines are dropped. */
const MAX_WAITING_BYTES = 1 << 20;
const TRY_AGAIN_AFTER_MS = 100;

export interface LogStream {
  write(line: string): void;
}

export function openLogStream(fd: number): LogStream {
  const stream = pino.destination({
    fd,
    sync: true,
    maxLength: MAX_WAITING_BYTES,
    // Trying again at once would be waiting, with everything else, for the reader.
    retryEAGAIN: () => false,
  });
  let retry: NodeJS.Timeout | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody is left to be told of any other error here.
    if (error.code !== 'EAGAIN' && error.code !== 'EBUSY') return;
    // One write takes all that waits.
    retry ??= setTimeout(() => {
      retry = undefined;
      stream.write('');
    }, TRY_AGAIN_AFTER_MS).unref();
  });
  return { write: (line) => void stream.write(line) };
}
