// A configuration that was refused when it was read again. The one before goes on, and would be missed at the next start:
// `status` names it until it is mended and read, or a command has read it.
import { CodedError } from '../protocol/errors.ts';
import type { Problem } from './control/daemon-port.ts';

export class RefusedConfig {
  #problem: Problem | undefined;

  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** What `read` throws is kept, and thrown. */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof CodedError)
        this.#problem = {
          code: error.code,
          message: `the configuration was refused, and the one before goes on: ${error.message}`,
        };
      throw error;
    }
  }

  /** All files are valid again. */
  taken(): void {
    this.#problem = undefined;
  }
}
