/** What a relay is given and what it tells. */
import type { Venue } from '../../schemas/primitives.ts';
import type { MessageBus } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';
import type { FeedOptions } from '../feed/feed.ts';
import type { FeedInput, FeedMessages, Instant } from '../feed/feed-io.ts';
import type { FeedStats } from '../feed/feed-stats.ts';
import type { Notice } from '../log-line.ts';
import type { OutboxOptions, OutboxStats } from '../outbox/outbox-options.ts';
import type { StandbyOptions, StandbyStats } from '../standby/standby-options.ts';
import type { ConnectionStats } from './relay-sockets.ts';

export interface RelayOptions {
  /** The venue's, or its twin's. */
  readonly adapter: VenueAdapter;
  readonly symbols: readonly string[];
  readonly bus: MessageBus;
  /** Market time: real time, or the simulated market's. */
  readonly clock: Clock;
  /** Time of pings, silence and retries; the machine's by default. */
  readonly networkClock?: Clock;
  /** Connections that carry each stream, so that one may go down and nothing is lost. Default 1. */
  readonly copies?: number;
  /** Longest wait of a trade for its batch. Unit: market ms, at most 1000. */
  readonly batchMs?: number;
  /** Of the jitter of retries. */
  readonly seed?: number;
  /** Takes a sentence for people whenever a connection or the bus changes state. */
  readonly log?: Notice;
  /** Told what the feed is made with: a recorder's tap. */
  readonly onStart?: (start: Omit<FeedOptions, 'adapter'>) => void;
  /** Told everything that the feed is told, before it is. */
  readonly onInput?: (input: FeedInput, at: Instant) => void;
  /** Told what the feed gives to be published, as it does. */
  readonly onMessages?: ((messages: readonly FeedMessages[]) => void) | undefined;
  /** Where trades wait while the bus is away; in memory where left out. */
  readonly spillDir?: string | null;
  readonly outbox?: Omit<OutboxOptions, 'bus' | 'clock' | 'spillDir' | 'onDropped' | 'log'>;
  /** Where two relays run and one publishes: their lease. */
  readonly standby?: StandbyOptions;
  /** At `stop`, how long the bus has to take what is left. Unit: network ms. */
  readonly drainMs?: number;
}

export interface RelayStats extends FeedStats {
  readonly venue: Venue;
  readonly connections: readonly ConnectionStats[];
  readonly reconnects: number;
  readonly outbox: OutboxStats;
  /** Null where there is no other relay. */
  readonly standby: StandbyStats | null;
  /** Why there is no connection, or why the bus refuses; null while all is well. */
  readonly problem: string | null;
}

export interface Relay {
  stats(): RelayStats;
  /** Follows these from now on, instead of those before; connections of the others are not touched. */
  follow(symbols: readonly string[], halted?: readonly string[]): void;
  /** Closes the connections, publishes what was received. Idempotent. @throws UpstreamError where it would be lost. */
  stop(): Promise<void>;
}
