// The command line of syncd.
import { parseArgs } from 'node:util';

import { CodedError } from '../protocol/errors.ts';
import { LOG_LEVELS, type LogLevel } from './config/written.ts';

export interface StartOptions {
  /** Everything under this directory. */
  readonly home: string | undefined;
  /** Instead of the usual config.yaml. */
  readonly config: string | undefined;
  /** Instead of the configured level. */
  readonly logLevel: LogLevel | undefined;
}

export type Arguments =
  | { readonly kind: 'run'; readonly options: StartOptions }
  | { readonly kind: 'check config'; readonly options: StartOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

export const USAGE = `Usage: syncd [--home DIR] [--config FILE] [--log-level LEVEL] [--check-config]

Keeps folders the same on several machines. Runs in the foreground and logs to standard error.
SIGHUP reads the configuration again; SIGTERM and SIGINT stop it. syncctl talks to it.

  --home DIR         keep everything under DIR: config.yaml, folders.d/, peers.d/, state/, syncd.sock
  --config FILE      read FILE instead of the usual config.yaml
  --log-level LEVEL  ${LOG_LEVELS.join(', ')}
  --check-config     check the configuration, say what is wrong, and exit
  --help             show this
  --version          show the version

SYNCD_HOME and SYNCD_SOCKET set the home and the control socket.
`;

/** E_USAGE for what is not understood. `argv` is without the program's own name. */
export function parseArguments(argv: readonly string[]): Arguments {
  const values = parse(argv);
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  for (const name of ['home', 'config'] as const) if (values[name] === '') throw usage(`--${name} needs a path`);
  const options = { home: values.home, config: values.config, logLevel: toLogLevel(values['log-level']) };
  return { kind: values['check-config'] === true ? 'check config' : 'run', options };
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        home: { type: 'string' },
        config: { type: 'string' },
        'log-level': { type: 'string' },
        'check-config': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    // Its messages are sentences for people; the rest of it is advice on `--` that does not fit here.
    if (error instanceof TypeError) throw usage(error.message.split('. ')[0] ?? error.message);
    throw error;
  }
}

function toLogLevel(text: string | undefined): LogLevel | undefined {
  const level = LOG_LEVELS.find((known) => known === text);
  if (text !== undefined && level === undefined)
    throw usage(`--log-level ${JSON.stringify(text)}; expected ${LOG_LEVELS.join(', ')}`);
  return level;
}

function usage(message: string): CodedError {
  return new CodedError('E_USAGE', message, 'See syncd --help.');
}
