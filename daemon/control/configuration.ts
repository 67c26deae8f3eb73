// The configuration: shown as it is in effect, checked, read again.
import { CodedError } from '../../protocol/errors.ts';
import type { Asked } from '../../protocol/control.ts';
import type { ControlledDaemon } from './daemon-port.ts';

export async function checkConfig(
  daemon: ControlledDaemon,
  asked: Asked<'checkConfig'>,
): Promise<{ readonly file: string }> {
  if (asked.text === undefined && asked.file !== undefined)
    throw new CodedError(
      'E_USAGE',
      'text: missing',
      'Send what is in the file: the daemon may not be able to read it.',
    );
  const given = asked.text === undefined ? undefined : { text: asked.text, file: asked.file ?? 'config.yaml' };
  return { file: await daemon.checkConfig(given) };
}

export async function reload(daemon: ControlledDaemon): Promise<{ readonly changed: readonly string[] }> {
  return { changed: await daemon.reload() };
}
