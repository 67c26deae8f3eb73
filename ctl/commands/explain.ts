// `syncctl explain`: what an error code means. Needs no daemon.
import { ERRORS, isErrorCode } from '../../protocol/errors.ts';
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'say what an error code means and what to do',
  arguments: [{ syntax: '<code>', tells: 'such as E_ROOT_MISSING', completes: Object.keys(ERRORS) }],
  examples: [{ line: 'syncctl explain E_MASS_DELETE', tells: 'meaning, hint and exit status' }],
  // oxlint-disable-next-line require-await -- one shape for all commands
  async run({ out }, given) {
    const text = given.argument('code').toUpperCase();
    const code = text.startsWith('E_') ? text : `E_${text}`;
    if (!isErrorCode(code)) throw usage(`${code} is not an error code of syncd`, 'All are listed in docs/errors.md.');
    const { meaning, hint, exit } = ERRORS[code];
    out.done({ code, meaning, hint, exit }, `${code}: ${meaning}`, `hint: ${hint}`, `exit status: ${exit}`);
  },
};
