// The version, as package.json has it: a test compares them.
export const VERSION = '0.1.0';

/** How the daemon names itself. */
export const PROGRAM = `syncd ${VERSION}`;
