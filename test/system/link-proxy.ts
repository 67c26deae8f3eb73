// The network between two real daemons, which a test can take away and give back: connections through it are ended, and
// new ones are refused as long as it is down.
import { type Server, type Socket, connect, createServer } from 'node:net';

export interface LinkProxy {
  /** `HOST:PORT`, for `invite --address`. */
  readonly address: string;
  /** Ends all connections, and those that come, until it is up again. */
  down(): void;
  up(): void;
  /** Ends all connections once. */
  cut(): void;
  close(): void;
}

export async function openLinkProxy(targetPort: number): Promise<LinkProxy> {
  const sockets = new Set<Socket>();
  let isUp = true;
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('error', () => from.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.pipe(to);
  };
  const server: Server = createServer((near) => {
    if (!isUp) {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${bound.port}`,
    cut,
    down: () => {
      isUp = false;
      cut();
    },
    up: () => {
      isUp = true;
    },
    close: () => {
      isUp = false;
      cut();
      server.close();
    },
  };
}
