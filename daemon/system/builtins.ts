// Modules of Node that are taken as `require` gives them. An `import` reads all that a module exports, and so loads what
// nobody here uses: with node:http the client behind `fetch` (30 ms and 16 MB), with node:tls the known authorities.

export const http = process.getBuiltinModule('node:http');
export const tls = process.getBuiltinModule('node:tls');
