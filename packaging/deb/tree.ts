// All that the package installs, and DEBIAN/, as files below one directory.
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { placeControl } from './control.ts';
import { type Edition, placeDocumentation } from './documentation.ts';
import { FILES } from './files.ts';
import { placeProgram } from './program.ts';

export function makeTree(repository: string, tree: string, edition: Edition): void {
  mkdirSync(tree, { recursive: true });
  const packages = placeProgram(repository, tree, edition.version);
  for (const { from, to } of FILES) {
    mkdirSync(dirname(join(tree, to)), { recursive: true });
    cpSync(join(repository, from), join(tree, to));
  }
  placeDocumentation(repository, tree, edition, packages);
  placeControl(repository, tree, edition.version, process.arch);
}
