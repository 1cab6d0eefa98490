/** What `cst run` is told wherever it reads and publishes on Pub/Sub. */
import type { Clock } from '../connectors/clock/port.ts';
import type { SignalParams } from '../schemas/params.ts';
import type { Log } from './log.ts';

export interface PubSubRunOptions {
  readonly project: string;
  /** `host:port` of an emulator; Google's Pub/Sub where left out. */
  readonly endpoint?: string | undefined;
  /** Makes topics and subscriptions that are missing. */
  readonly create: boolean;
  readonly symbols: readonly string[];
  readonly params: SignalParams;
  /** Of the exchange whose candles warm the graph and fill what history lacks. */
  readonly restUrl: string;
  /** Market time; leases and retries run on the machine's. */
  readonly clock: Clock;
  readonly log: Log;
  readonly stopAsked: Promise<void>;
}

/** The one that is read. */
export const VENUE = 'bybit';
