// Options that every command has.
export const GLOBAL_OPTIONS = [
  { flags: '--home <dir>', tells: 'the daemon that runs with this home', completes: 'directory' },
  { flags: '--socket <path>', tells: "the daemon's control socket", completes: 'file' },
  { flags: '--json', tells: 'print JSON' },
  { flags: '--csv', tells: 'print a list as comma-separated values, with a heading' },
  { flags: '--no-color', tells: 'print without colours' },
  { flags: '-q, --quiet', tells: 'print names or IDs alone' },
] as const;
