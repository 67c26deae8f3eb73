// Which files of a bundled package are needed at run time. What is left out is large: sources of native add-ons, their
// binaries for other machines, declarations, and the eighty languages of date-fns. Pure.

const LEFT_OUT: readonly RegExp[] = [
  // For compilers and editors.
  /\.(?:d\.[cm]?ts|[cm]?ts|map|flow|cc?|cpp|hh?|hpp|gypi?|mm|cmake|patch|sh)$/,
  /(?:^|\/)(?:CMakeLists\.txt|tsconfig[^/]*\.json|Makefile|\.[^/]+)$/,
  // For readers; licences are in the package's one copyright file.
  /(?:^|\/)[^/]*\.(?:md|markdown|html|ico|png|svg|yml|yaml)$/i,
  /(?:^|\/)(?:licen[cs]e|copying)[^/]*$/i,
  /(?:^|\/)CNAME$/,
  // For those who change the package. Only at its top: `lib/docs` may be anything.
  /^(?:tests?|docs?|examples?|benchmarks?|scripts|coverage)\//,
];

const LEFT_OUT_OF: Readonly<Record<string, readonly RegExp[]>> = {
  // Taken by `require` alone, and one language is the default.
  'date-fns': [/\.js$/, /^(?:fp|docs)\//, /^cdn/, /^locale\/(?!en-US|_lib)/, /^(?:fp|locale)\.cjs$/],
  'better-sqlite3': [/^(?:deps|src)\//],
  koffi: [/^(?:vendor|doc|lib)\//, /^cnoke\.cjs$/],
  '@parcel/watcher': [/^(?:src|scripts)\//],
  bufferutil: [/^src\//],
  'js-yaml': [/^bin\//, /^dist\/.*\.min\.[cm]?js$/],
  pino: [/^(?:browser|bin)\.js$/, /^build\//],
};

/** `path` in the package, with `/`; `cpu` as Node names it. */
export function isNeeded(name: string, path: string, cpu: string): boolean {
  if (path.endsWith('.node')) return isForMachine(`${name}/${path}`, cpu);
  return ![...LEFT_OUT, ...(LEFT_OUT_OF[name] ?? [])].some((pattern) => pattern.test(path));
}

function isForMachine(path: string, cpu: string): boolean {
  return new RegExp(`\\blinux[-_]${cpu}\\b`).test(path) && !path.includes('musl');
}
