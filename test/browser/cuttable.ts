/** A proxy between page and server whose line can be cut: what is open ends, what is new is refused. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Cuttable {
  readonly url: string;
  cut(): void;
  /** Leads to the other server from now on, where one is named. */
  mend(target?: string): void;
  close(): Promise<void>;
}

export async function cuttable(target: string): Promise<Cuttable> {
  let { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    keep(socket);
    if (isCut) {
      socket.destroy();
      return;
    }
    const other = connect(Number(port), hostname);
    keep(other);
    socket.pipe(other).pipe(socket);
    socket.on('close', () => other.destroy());
    other.on('close', () => socket.destroy());
  });
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    cut() {
      isCut = true;
      drop();
    },
    mend(other = target) {
      ({ hostname, port } = new URL(other));
      isCut = false;
    },
    async close() {
      drop();
      server.close();
    },
  };
}
