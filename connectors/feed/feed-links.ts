/** All connections of a feed: opened and closed as the plan wants, their requests sent in time, their silence noticed. */
import type { Stream, StreamKind } from '../exchanges/market-event.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';
import { ConnectionPlan, numbers, type PlanChange } from './connections.ts';
import type { Instant } from './feed-io.ts';
import { FeedLink } from './feed-link.ts';
import type { FeedOut } from './feed-out.ts';
import { Leg, type LegStream } from './leg.ts';
import type { LivenessOptions } from './liveness.ts';
import type { SymbolFeed } from './symbol-feed.ts';

/** A session without any frame for so long is dead; books and tickers bring many a second. Unit: network ms. */
const SILENT_MS = 45_000;

export interface LinkHooks {
  /** The leg's symbol. */
  readonly feedOf: (symbol: string) => SymbolFeed;
  /** The connection is given up by us. */
  readonly onGivenUp: (link: FeedLink, reason: string, at: Instant) => void;
  /** The connection carries the symbol no more; another may. */
  readonly onLeft: (leg: Leg, link: FeedLink, at: Instant) => void;
  readonly onStale: (link: FeedLink, leg: Leg, kind: Stream['kind'], at: Instant) => void;
}

export class FeedLinks {
  readonly #adapter: VenueAdapter;
  /** By address. */
  readonly #plans = new Map<string, ConnectionPlan>();
  readonly #liveness: Partial<LivenessOptions>;
  readonly #out: FeedOut;
  readonly #hooks: LinkHooks;
  readonly #links = new Map<number, FeedLink>();
  #isPaused = false;

  constructor(
    options: { adapter: VenueAdapter; copies: number; liveness: Partial<LivenessOptions> },
    out: FeedOut,
    hooks: LinkHooks,
  ) {
    this.#adapter = options.adapter;
    const { adapter, copies } = options;
    const nextNumber = numbers();
    for (const url of adapter.streams.map((kind) => this.#urlOf(kind))) {
      if (!this.#plans.has(url)) this.#plans.set(url, new ConnectionPlan(adapter.limits, copies, nextNumber));
    }
    this.#liveness = options.liveness;
    this.#out = out;
    this.#hooks = hooks;
  }

  get all(): FeedLink[] {
    return [...this.#links.values()];
  }

  get(connection: number): FeedLink | undefined {
    return this.#links.get(connection);
  }

  /** Carries all streams of these symbols from now on, and nothing else. @throws ConfigError where no connection can. */
  want(symbols: readonly string[], at: Instant): void {
    const streams = symbols.flatMap((symbol) => this.#adapter.streams.map((kind) => ({ kind, symbol })));
    const planned = Array.from(this.#plans, ([url, plan]) => {
      return { url, changes: plan.want(streams.filter(({ kind }) => this.#urlOf(kind) === url)) };
    });
    for (const { url, changes } of planned) for (const change of changes) this.#change(change, url, at);
    for (const link of this.#links.values()) this.send(link, at);
  }

  /** Ends the session, for a new one to begin. */
  reconnect(link: FeedLink, reason: string, at: Instant): void {
    if (!link.isOpen) return;
    this.#out.command({ kind: 'reconnect', connection: link.connection, reason });
    this.#hooks.onGivenUp(link, reason, at);
  }

  /** Requests that may be sent by now. */
  send(link: FeedLink, { network }: Instant): void {
    for (let frame = link.subscriptions.take(network); frame; frame = link.subscriptions.take(network)) {
      this.#out.command({ kind: 'send', connection: link.connection, frame });
    }
  }

  /** While we do not read, silence is our own. */
  paused(isPaused: boolean, { network }: Instant): void {
    this.#isPaused = isPaused;
    for (const link of this.#links.values()) {
      link.lastFrameAt = network;
      for (const leg of link.legs.values())
        for (const stream of streamsOf(leg)) pause(stream, isPaused, network);
    }
  }

  /** Sends what is due, gives up what is dead, renews what is stale. */
  tick(at: Instant): void {
    for (const link of this.#links.values()) {
      if (!link.isOpen) continue;
      if (!this.#isPaused) this.#watch(link, at);
      this.send(link, at);
    }
  }

  /** When a request waits to be sent. Unit: network ms. */
  get nextDue(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { subscriptions } of this.#links.values()) due = Math.min(due, subscriptions.nextDue);
    return due;
  }

  #watch(link: FeedLink, at: Instant): void {
    const silentMs = at.network - link.lastFrameAt;
    if (silentMs >= SILENT_MS) {
      this.reconnect(link, `No frame has come for ${silentMs / 1_000} s.`, at);
      return;
    }
    for (const leg of link.legs.values()) {
      if (leg.feed.isHalted) continue;
      for (const kind of this.#adapter.streams) {
        const { liveness, renewAt } = leg.streams[kind];
        if (liveness.staleAt <= at.network && renewAt <= at.network) this.#hooks.onStale(link, leg, kind, at);
      }
    }
  }

  #urlOf(kind: StreamKind): string {
    return this.#adapter.elsewhere?.[kind] ?? this.#adapter.wsUrl;
  }

  #change(change: PlanChange, url: string, at: Instant): void {
    const { kind, connection } = change;
    if (kind === 'open') {
      this.#links.set(connection, new FeedLink(this.#adapter, connection, url === this.#urlOf('trades')));
      this.#out.command({ kind, connection, ...(url !== this.#adapter.wsUrl && { url }) });
      return;
    }
    const link = this.#links.get(connection)!;
    if (kind === 'close') {
      this.#out.command({ kind, connection });
      this.#hooks.onGivenUp(link, 'It is not needed any more.', at);
      for (const leg of link.legs.values()) this.#hooks.onLeft(leg, link, at);
      this.#links.delete(connection);
    } else if (kind === 'subscribe') {
      for (const { symbol } of change.streams) this.#carry(link, symbol);
      link.subscriptions.want(change.streams);
    } else {
      for (const { symbol } of change.streams) {
        const leg = link.legs.get(symbol);
        link.legs.delete(symbol);
        if (leg) this.#hooks.onLeft(leg, link, at);
      }
      link.subscriptions.drop(change.streams);
    }
  }

  #carry(link: FeedLink, symbol: string): void {
    if (link.legs.has(symbol)) return;
    const feed = this.#hooks.feedOf(symbol);
    const leg = new Leg(feed, link, this.#liveness);
    feed.legs.add(leg);
    link.legs.set(symbol, leg);
  }
}

function streamsOf({ streams }: Leg): LegStream[] {
  return Object.values(streams);
}

function pause({ liveness, isProven }: LegStream, isPaused: boolean, network: number): void {
  if (isPaused) liveness.end();
  else if (isProven) liveness.begin(network);
}
