// Who may import whom, which package has which address, and who may touch the world: the rules of the tree as tables.

export type Layer =
  | 'protocol'
  | 'ctl'
  | 'main'
  | 'daemon'
  | 'control'
  | 'config'
  | 'system'
  | 'peer'
  | 'folder'
  | 'transfer'
  | 'disk'
  | 'index'
  | 'ports'
  | 'core';

const BELOW_TRANSFER = ['disk', 'index', 'ports', 'core'] as const;
const BELOW_PEER = ['folder', 'transfer', ...BELOW_TRANSFER] as const;
const BELOW_CONTROL = ['peer', ...BELOW_PEER] as const;
const BELOW_DAEMON = ['control', 'config', 'system', ...BELOW_CONTROL] as const;

/** What each layer may import, beside itself. `system` is a special case: see {@link SYSTEM_TO_DISK}. */
export const MAY_IMPORT: Readonly<Record<Layer, readonly Layer[]>> = {
  main: ['daemon', ...BELOW_DAEMON],
  daemon: BELOW_DAEMON,
  control: ['protocol', ...BELOW_CONTROL],
  config: BELOW_CONTROL,
  system: ['ports', 'core'],
  peer: ['protocol', ...BELOW_PEER],
  folder: ['transfer', ...BELOW_TRANSFER],
  transfer: BELOW_TRANSFER,
  disk: ['ports', 'core'],
  index: ['ports', 'core'],
  ports: ['core'],
  core: [],
  protocol: [],
  ctl: ['protocol'],
};

/** Of the protocol, what every layer may import: data and words that the daemon and syncctl have in common. */
export const FOR_ALL: readonly string[] = ['protocol/errors.ts', 'protocol/service-unit.ts'];

/** The worker runs the disk's jobs by their names: the one place where an implementation of ports looks back. */
export const SYSTEM_TO_DISK = /^daemon\/system\/worker(?:-[a-z-]+)?\.ts$/;

/** Files that hold the beginning of the program: everything else in daemon/ itself is the composition root. */
const MAIN: readonly string[] = ['daemon/main.ts', 'daemon/run.ts', 'daemon/fail.ts', 'daemon/arguments.ts'];

/** Undefined for files outside the program: tests and packaging. */
export function layerOf(path: string): Layer | undefined {
  if (MAIN.includes(path)) return 'main';
  const [top, second, third] = path.split('/');
  if (top === 'protocol' || top === 'ctl') return top;
  if (top !== 'daemon' || second === undefined) return undefined;
  if (third === undefined) return 'daemon';
  return isLayer(second) ? second : undefined;
}

function isLayer(name: string): name is Layer {
  return Object.hasOwn(MAY_IMPORT, name);
}

/** Where each package may be imported. What is not named here is not a dependency of the program. */
export const ADDRESSES: Readonly<Record<string, RegExp>> = {
  ws: /^daemon\/system\//,
  bufferutil: /^daemon\/system\//,
  '@parcel/watcher': /^daemon\/system\//,
  koffi: /^daemon\/system\//,
  '@peculiar/x509': /^daemon\/system\/key-maker\.ts$/,
  'reflect-metadata': /^daemon\/system\/key-maker\.ts$/,
  pino: /^daemon\/system\/log[a-z-]*\.ts$/,
  'pino-roll': /^daemon\/system\/log[a-z-]*\.ts$/,
  'p-retry': /^daemon\/peer\//,
  'better-sqlite3': /^daemon\/index\//,
  ajv: /^(?:protocol|daemon\/config)\//,
  'js-yaml': /^daemon\/config\//,
  minimatch: /^daemon\/core\/filter[a-z-]*\.ts$/,
  croner: /^daemon\/core\/schedule\.ts$/,
  'node-diff3': /^daemon\/core\/merge-text\.ts$/,
  commander: /^ctl\//,

  // Computes: no effect, but not free either.
  'node:crypto': /^daemon\/(?:disk|peer|transfer|index|system)\//,
  'node:zlib': /^daemon\/(?:disk|transfer|system)\//,
  'node:path': /^(?:ctl\/|daemon\/(?:config|control|index|system)\/|daemon\/[a-z-]+\.ts$)/,
  'node:util': /^(?:ctl\/|daemon\/(?:system\/|[a-z-]+\.ts$))/,
  'node:url': /^(?:ctl\/|daemon\/(?:system\/|[a-z-]+\.ts$))/,
  'node:buffer': /^daemon\/(?:disk|peer|transfer|index|system)\//,
  'node:stream': /^(?:ctl|daemon\/(?:system|control))\//,

  // Servers also where their requests are understood.
  'node:tls': /^daemon\/(?:system|peer|control)\//,
  'node:http': /^(?:ctl|daemon\/(?:system|peer|control))\//,
  'node:https': /^daemon\/(?:system|peer|control)\//,

  // The world.
  'node:fs': /^(?:ctl|daemon\/system)\//,
  'node:fs/promises': /^(?:ctl|daemon\/system)\//,
  'node:net': /^(?:ctl|daemon\/system)\//,
  'node:os': /^(?:ctl\/|daemon\/(?:system\/|(?:main|run|fail)\.ts$))/,
  'node:dgram': /^daemon\/system\//,
  'node:dns': /^daemon\/system\//,
  'node:dns/promises': /^daemon\/system\//,
  'node:worker_threads': /^daemon\/system\//,
  'node:vm': /^daemon\/system\//,
  'node:child_process': /^(?:ctl|daemon\/system)\//,
  'node:events': /^(?:ctl|daemon\/(?:system|control|peer))\//,
  'node:timers': /^daemon\/system\//,
  'node:timers/promises': /^(?:ctl|daemon\/system)\//,
  'node:process': /^(?:ctl\/|daemon\/(?:system\/|(?:main|run|fail)\.ts$))/,
  'node:readline': /^ctl\//,
  'node:readline/promises': /^ctl\//,
  'node:perf_hooks': /^daemon\/system\//,
  'node:v8': /^daemon\/system\//,
  'node:module': /^daemon\/system\//,
};

/** The package of an import: `node:fs/promises` stays whole, `pino/file` is pino. */
export function packageOf(from: string): string {
  if (from.startsWith('node:')) return from;
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** May read the clock, set timers and ask the process: what implements the ports, and the two programs' beginnings. */
export const MAY_TOUCH_THE_WORLD = /^(?:ctl\/|daemon\/system\/|daemon\/(?:main|run|fail)\.ts$)/;

/** What reaches past the ports. `new Date(ms)` only computes, and is not meant. */
export const WORLD: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'the clock',
    pattern: /\bDate\.now\b|\bnew Date\s*\(\s*\)|\bnew Date\b(?!\s*\()|(?<!new )\bDate\s*\(|\bperformance\./,
  },
  { what: 'a timer', pattern: /\b(?:setTimeout|setInterval|setImmediate)\b|\bAbortSignal\.timeout\b/ },
  { what: 'chance', pattern: /\bMath\.random\b|\bcrypto\.(?:getRandomValues|randomUUID)\b/ },
  { what: 'the process', pattern: /(?<![.\w'-])process\s*\./ },
  { what: 'the console', pattern: /(?<![.\w])console\s*\./ },
  { what: 'the network', pattern: /(?<![.\w#])fetch\s*\((?!.*\)\s*(?::|\{))|\bnew WebSocket\b/ },
];
