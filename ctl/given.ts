// The arguments and options that a command was given, read by their names.

export class Given {
  readonly #arguments: ReadonlyMap<string, unknown>;
  readonly #options: ReadonlyMap<string, unknown>;

  constructor(given: ReadonlyMap<string, unknown>, options: ReadonlyMap<string, unknown>) {
    this.#arguments = given;
    this.#options = options;
  }

  /** A required one. */
  argument(name: string): string {
    return this.optional(name) ?? '';
  }

  optional(name: string): string | undefined {
    return asText(this.#arguments.get(name));
  }

  list(name: string): readonly string[] {
    return asTexts(this.#arguments.get(name));
  }

  option(name: string): string | undefined {
    return asText(this.#options.get(name));
  }

  options(name: string): readonly string[] {
    return asTexts(this.#options.get(name));
  }

  flag(name: string): boolean {
    return this.#options.get(name) === true;
  }
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
