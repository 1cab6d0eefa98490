/** One connection of a feed: its session, what it carries, what it has proved. */
import type { FrameMapper, VenueAdapter } from '../exchanges/venue.ts';
import type { ClockOffset } from './clock-offset.ts';
import type { Proof } from './continuity.ts';
import type { Instant } from './feed-io.ts';
import type { Leg } from './leg.ts';
import { Subscriptions } from './subscriptions.ts';

/** What carries no time of its own was sent at most so long before it could have come. Unit: ms. */
const UNSTAMPED_MS = 1_000;
/** Stamps further ahead of our clock than this prove nothing beyond it. Unit: ms. */
const MOST_AHEAD_MS = 60_000;

export class FeedLink implements Proof {
  readonly connection: number;
  /** False where the venue has the trades at another address. */
  readonly hasTrades: boolean;
  readonly subscriptions: Subscriptions;
  /** By symbol. */
  readonly legs = new Map<string, Leg>();
  isOpen = false;
  sessions = 0;
  /** Why it is down; null while it stands. */
  problem: string | null = 'It is being made.';
  proven = Number.NEGATIVE_INFINITY;
  firstStamp = Number.POSITIVE_INFINITY;
  /** Unit: network ms. */
  lastFrameAt = Number.NEGATIVE_INFINITY;
  map: FrameMapper;
  readonly #adapter: VenueAdapter;

  constructor(adapter: VenueAdapter, connection: number, hasTrades = true) {
    this.#adapter = adapter;
    this.connection = connection;
    this.hasTrades = hasTrades;
    this.subscriptions = new Subscriptions(adapter);
    this.map = adapter.mapper();
  }

  /** A session knows nothing of the one before. */
  opened(at: Instant): void {
    this.isOpen = true;
    this.sessions++;
    this.problem = null;
    this.proven = Number.NEGATIVE_INFINITY;
    this.firstStamp = Number.POSITIVE_INFINITY;
    this.lastFrameAt = at.network;
    this.map = this.#adapter.mapper();
    this.subscriptions.opened(at.network);
  }

  closed(reason: string): void {
    this.isOpen = false;
    this.problem = reason;
    this.subscriptions.closed();
    for (const leg of this.legs.values()) leg.closed();
  }

  /** Data came that the exchange sent at `ts`. */
  stamped(ts: number, market: number): void {
    const until = Math.min(ts, market + MOST_AHEAD_MS);
    if (until > this.proven) this.proven = until;
    if (this.firstStamp === Number.POSITIVE_INFINITY) this.firstStamp = until;
  }

  /** A frame without a time came, which proves as much as the way it took allows to say. */
  unstamped(market: number, clock: ClockOffset): void {
    if (clock.offsetMs === null) return;
    const now = clock.exchangeTime(market);
    if (this.firstStamp === Number.POSITIVE_INFINITY) this.firstStamp = now;
    if (now - UNSTAMPED_MS > this.proven) this.proven = now - UNSTAMPED_MS;
  }
}
