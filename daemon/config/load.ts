// The way of a configuration: files → checked by themselves → put together → checked as a whole → one frozen value.
// Nothing is kept here: whoever loads keeps the old value when this throws.
import type { Config } from './config.ts';
import { refuseProblems } from './problem.ts';
import { resolve, type Surroundings } from './resolve.ts';
import { type ReadableFiles, readSources, type Source } from './sources.ts';

export interface ConfigContext extends Surroundings {
  readonly files: ReadableFiles;
}

/** Throws ConfigError (E_CONFIG, E_FOLDER_NESTED, E_FOLDER_PATH) with all that is wrong. */
export function loadConfig(context: ConfigContext): Config {
  return loadSources(context).config;
}

/** The same, with the files it came from. */
export function loadSources(context: ConfigContext): { readonly config: Config; readonly sources: readonly Source[] } {
  const { list, problems } = readSources(context.files, context.locations);
  refuseProblems(problems);
  const resolved = resolve(list, context);
  refuseProblems(resolved.problems);
  return { config: resolved.config, sources: list };
}

/** Loads as if the main file were this one, by its path, or by a text that has the name only in messages. */
export function checkConfig(context: ConfigContext, given: { readonly file: string; readonly text?: string }): Config {
  const { file, text } = given;
  const files = text === undefined ? context.files : withChanges(context.files, new Map([[file, text]]));
  return loadConfig({
    ...context,
    files,
    locations: { ...context.locations, configFile: file, configMustExist: true },
  });
}

/** A path to its new text, or to undefined where it is removed. */
export type Changes = ReadonlyMap<string, string | undefined>;

/** The files as they would be. Nothing is written. */
export function withChanges(files: ReadableFiles, changes: Changes): ReadableFiles {
  const inDir = (dir: string, present: boolean): string[] =>
    [...changes]
      .filter(([path, text]) => path.startsWith(`${dir}/`) && (text !== undefined) === present)
      .map(([path]) => path.slice(dir.length + 1));
  return {
    read: (path, maxBytes) => (changes.has(path) ? changes.get(path) : files.read(path, maxBytes)),
    list: (dir) => {
      const removed = new Set(inDir(dir, false));
      return [...new Set([...files.list(dir), ...inDir(dir, true)])].filter((name) => !removed.has(name)).sort();
    },
  };
}
