// A TCP connection that can be cut, or that goes on in silence: what networks do.
import { type Server, type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';

export interface Proxy {
  /** `wss://127.0.0.1:PORT` */
  readonly address: string;
  /** Connections that came so far. */
  readonly connections: number;
  /** Ends all connections; new ones are passed on. */
  cut(): void;
  /** From now on nothing that is sent arrives, and nobody is told. */
  swallow(): void;
}

export async function proxyTo(t: TestContext, target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let connections = 0;
  let swallowing = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', (bytes) => swallowing || to.write(bytes));
    from.on('close', () => swallowing || to.destroy());
  };
  const server: Server = createServer((near) => {
    connections++;
    const far = connect(Number(port), hostname);
    keep(near);
    keep(far);
    pass(near, far);
    pass(far, near);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    cut();
    server.close();
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    address: `wss://127.0.0.1:${bound.port}`,
    get connections() {
      return connections;
    },
    cut,
    swallow: () => {
      swallowing = true;
    },
  };
}
