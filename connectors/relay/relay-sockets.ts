/** The WebSockets of a relay: opened, closed and written to as its feed commands; what happens to them are its inputs. */
import type { Clock } from '../clock/port.ts';
import { ReconnectingSocket } from '../exchanges/socket.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';
import type { FeedCommand, FeedInput } from '../feed/feed-io.ts';
import type { Notice } from '../log-line.ts';

export interface ConnectionStats {
  readonly connection: number;
  readonly isOpen: boolean;
  readonly opens: number;
  /** Why there is none; null while there is. */
  readonly problem: string | null;
}

export interface RelaySocketsOptions {
  readonly adapter: Pick<VenueAdapter, 'wsUrl' | 'ping'>;
  /** Of the network. */
  readonly clock: Clock;
  /** Of the jitter of retries. */
  readonly seed: number;
  readonly log: Notice;
  readonly give: (input: FeedInput) => void;
}

export type SocketCommand = Exclude<FeedCommand, { readonly kind: 'fetch' }>;

interface Connection {
  readonly socket: ReconnectingSocket;
  isOpen: boolean;
  opens: number;
  problem: string | null;
}

export class RelaySockets {
  readonly #options: RelaySocketsOptions;
  readonly #connections = new Map<number, Connection>();
  /** Closed ones that have not ended. */
  readonly #leaving = new Set<Promise<void>>();
  #isPaused = false;
  reconnects = 0;

  constructor(options: RelaySocketsOptions) {
    this.#options = options;
  }

  obey(command: SocketCommand): void {
    if (command.kind === 'open') {
      this.#open(command.connection, command.url ?? this.#options.adapter.wsUrl);
      return;
    }
    const connection = this.#connections.get(command.connection);
    if (command.kind === 'send') connection?.socket.send(command.frame);
    else if (command.kind === 'reconnect') connection?.socket.reconnect(command.reason);
    else if (connection) {
      this.#connections.delete(command.connection);
      this.#leave(connection.socket);
    }
  }

  /** While paused, frames wait in the exchange's own buffers, also those of connections that are opened meanwhile. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    for (const { socket } of this.#connections.values()) isPaused ? socket.pause() : socket.resume();
  }

  stats(): ConnectionStats[] {
    return Array.from(this.#connections, ([connection, { isOpen, opens, problem }]) => {
      return { connection, isOpen, opens, problem };
    });
  }

  /** Frames that come until a connection has ended are given. */
  async close(): Promise<void> {
    for (const { socket } of this.#connections.values()) this.#leave(socket);
    await Promise.all(this.#leaving);
  }

  /** Nothing of a connection that was told to close is given any more, whatever comes until it has ended. */
  #open(number: number, url: string): void {
    const { adapter, clock, seed, log, give } = this.#options;
    const isMine = () => this.#connections.get(number) === connection;
    const socket = new ReconnectingSocket({
      url,
      clock,
      seed: seed + number,
      ping: adapter.ping,
      onOpen: () => {
        if (!isMine()) return;
        if (connection.opens > 0) this.reconnects++;
        Object.assign(connection, { isOpen: true, opens: connection.opens + 1, problem: null });
        log(`Connected to ${url}.`, 'INFO');
        give({ kind: 'opened', connection: number });
      },
      onFrame: (frame) => {
        if (isMine()) give({ kind: 'frame', connection: number, frame });
      },
      onDown: (reason, retryInMs) => {
        if (!isMine()) return;
        Object.assign(connection, { isOpen: false, problem: reason });
        log(`${reason} Next try in ${(retryInMs / 1_000).toFixed(1)} s.`);
        give({ kind: 'closed', connection: number, reason });
      },
    });
    const connection: Connection = { socket, isOpen: false, opens: 0, problem: null };
    if (this.#isPaused) socket.pause();
    this.#connections.set(number, connection);
  }

  #leave(socket: ReconnectingSocket): void {
    const leaving = socket.close();
    this.#leaving.add(leaving);
    void leaving.finally(() => this.#leaving.delete(leaving));
  }
}
