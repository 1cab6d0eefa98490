/** The simulated exchange as a stack wants it: a market that always works, its bars those that its trades make. */
import type { Clock } from '../../clock/port.ts';
import type { BybitAccounts } from './bybit/private/accounts.ts';
import type { SimulatedMarket } from './market.ts';
import { startExchangeTwin } from './twin-server.ts';

export interface SimulatedExchangeOptions {
  readonly seed: number;
  /** Market time: frames carry it, candles end with it. Accelerated for a fast market. */
  readonly clock: Clock;
  /** Of Bybit; default all. */
  readonly symbols?: readonly string[];
  /** 0 (default) for a free one. */
  readonly port?: number;
  /** How often the exchange looks at its market, and how often a book may change. Unit: market ms. */
  readonly stepMs?: number;
  readonly bookEveryMs?: number;
  /** Of Bybit. Default: nobody has one. */
  readonly accounts?: BybitAccounts;
}

export interface SimulatedExchange {
  /** Of Bybit: `ws://127.0.0.1:port/v5/public/linear` */
  readonly wsUrl: string;
  /** `http://127.0.0.1:port` */
  readonly httpUrl: string;
  readonly market: SimulatedMarket;
  /** Cuts every connection, as a network would. */
  dropConnections(): void;
  /** While muted, connections stay open and nothing is sent, not even pongs: a half-open feed. */
  mute(isMuted: boolean): void;
  clients(): number;
  close(): Promise<void>;
}

/** Listens on loopback only. @throws the system's error where the port is taken. */
export async function startSimulatedExchange(options: SimulatedExchangeOptions): Promise<SimulatedExchange> {
  const { symbols, ...others } = options;
  const twin = await startExchangeTwin({
    ...others,
    klineOpen: 'traded',
    ...(symbols && { symbols: { bybit: symbols } }),
  });
  return {
    wsUrl: twin.address('bybit').wsUrl,
    httpUrl: twin.httpUrl,
    market: twin.market,
    dropConnections: () => twin.dropConnections(),
    mute: (isMuted) => twin.mute(isMuted),
    clients: () => twin.clients(),
    close: () => twin.close(),
  };
}
