#!/usr/bin/env node
// Where syncctl starts. Plain enough for an old Node to read: what it imports is not, so the version is looked at first.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `syncctl: needs Node 24 or newer; this is ${process.version}\nhint: node_modules/.bin/node of the checkout is a right one.\n`,
  );
  process.exitCode = 1;
} else {
  const { main } = await import('./syncctl.ts');
  await main();
}
