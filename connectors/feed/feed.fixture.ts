/** A tiny venue in virtual time, and a feed on it: every input and its instant is known, nothing waits. */
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { MarketEvent, Stream, StreamKind } from '../exchanges/market-event.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';
import { Feed, type FeedOptions } from './feed.ts';
import type { FeedCommand, FeedInput } from './feed-io.ts';
import { START, tinyAdapter, tradeAt } from './tiny-venue.fixture.ts';
import { Told } from './told.fixture.ts';

interface Session {
  readonly streams: Map<string, Stream>;
}

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export interface TinyOptions {
  readonly adapter?: Partial<VenueAdapter>;
  readonly feed?: Partial<FeedOptions>;
  readonly symbols?: readonly string[];
  /** Trades REST gives at most. */
  readonly restDepth?: number;
  /** Age of a trade at which REST knows it. Unit: ms. */
  readonly restLagMs?: number;
  /** Data flow from the request on, its answer comes so much later. Unit: ms. */
  readonly ackMs?: number;
  /** When the feed begins. Unit: ms since the epoch. */
  readonly startMs?: number;
}

export class TinyWorld extends Told {
  readonly adapter: VenueAdapter;
  readonly feed: Feed;
  readonly truth = new Map<string, TradeRow[]>();
  readonly inputs: { input: FeedInput; at: number }[] = [];
  readonly requests: string[] = [];
  readonly fetches: Extract<FeedCommand, { kind: 'fetch' }>[] = [];
  /** Connections that the feed has opened, with their sessions while they stand. */
  readonly sessions = new Map<number, Session | null>();
  now: number;
  /** No new session can be made. */
  isAway = false;
  isRestAway = false;
  /** What REST gives, in whatever order it likes. */
  shapeRest: (trades: TradeRow[]) => TradeRow[] = (trades) => trades;
  /** Books are sent each 200 ms where true. */
  hasBooks = true;
  readonly #options: Required<Pick<TinyOptions, 'restDepth' | 'restLagMs' | 'ackMs'>>;
  #planned: Planned[] = [];
  #order = 0;

  constructor(options: TinyOptions = {}) {
    super();
    const { restDepth = 1_000, restLagMs = 0, ackMs = 20, symbols = ['X'] } = options;
    this.#options = { restDepth, restLagMs, ackMs };
    this.adapter = tinyAdapter(options.adapter);
    this.now = options.startMs ?? START;
    const startedAt = { market: this.now, network: this.now };
    // The market is older than the feed.
    for (const symbol of symbols) this.happens(tradeAt(START - 30_000, 0), symbol);
    this.feed = new Feed({ adapter: this.adapter, startedAt, ...options.feed });
    this.give({ kind: 'symbols', symbols });
    this.after(0, () => this.#books());
  }

  after(ms: number, run: () => void): void {
    const planned = { at: this.now + ms, order: this.#order++, run };
    this.#planned.push(planned);
  }

  /** Lets time pass up to `until`: what is planned, and the ticks that the feed wants. */
  runTo(until: number): void {
    for (;;) {
      const planned = this.#planned.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
      const due = Math.max(this.now, Math.min(this.feed.nextDue.market, this.feed.nextDue.network));
      const next = Math.min(planned?.at ?? Number.POSITIVE_INFINITY, due);
      if (next > until) break;
      this.now = Math.max(this.now, next);
      if (planned && planned.at <= due) {
        this.#planned = this.#planned.filter((each) => each !== planned);
        planned.run();
      } else this.give({ kind: 'tick' });
    }
    this.now = until;
    this.give({ kind: 'tick' });
  }

  give(input: FeedInput): void {
    this.inputs.push({ input, at: this.now });
    const output = this.feed.apply(input, { market: this.now, network: this.now });
    this.outputs.push(output);
    for (const command of output.commands) this.#obey(command);
  }

  /** A trade happens; whoever subscribed gets it at once, in a frame of its own. */
  trade(row: TradeRow, symbol = 'X'): void {
    this.happens(row, symbol);
    this.deliver({ kind: 'trades', symbol, ts: this.now, trades: [row] });
  }

  /** A trade each 100 ms, numbered from 1, up to `untilMs`. */
  busy(untilMs: number): void {
    for (let n = 1; START + n * 100 < untilMs; n++) {
      this.after(START + n * 100 - this.now, () => this.trade(tradeAt(this.now, n)));
    }
  }

  happens(row: TradeRow, symbol = 'X'): void {
    const rows = this.truth.get(symbol);
    if (rows) rows.push(row);
    else this.truth.set(symbol, [row]);
  }

  /** To every session that has the stream. */
  deliver(event: Extract<MarketEvent, { symbol: string }>): void {
    for (const [connection, session] of this.sessions) {
      if (session?.streams.has(`${event.kind} ${event.symbol}`)) this.frame(connection, [event]);
    }
  }

  frame(connection: number, events: readonly MarketEvent[]): void {
    this.give({ kind: 'frame', connection, frame: JSON.stringify(events) });
  }

  /** The connection breaks; the shell makes a new one as soon as it can. */
  cut(connection = 0, backMs = 500): void {
    this.sessions.set(connection, null);
    this.give({ kind: 'closed', connection, reason: 'It was cut.' });
    this.after(backMs, () => this.#open(connection));
  }

  #open(connection: number): void {
    if (!this.sessions.has(connection) || this.sessions.get(connection)) return;
    if (this.isAway) {
      this.give({ kind: 'closed', connection, reason: 'Nothing listens there.' });
      this.after(500, () => this.#open(connection));
      return;
    }
    this.sessions.set(connection, { streams: new Map() });
    this.give({ kind: 'opened', connection });
  }

  #obey(command: FeedCommand): void {
    if (command.kind === 'fetch') {
      this.fetches.push(command);
      this.after(50, () => this.#answer(command));
    } else if (command.kind === 'open') {
      this.sessions.set(command.connection, null);
      this.after(30, () => this.#open(command.connection));
    } else if (command.kind === 'close') this.sessions.delete(command.connection);
    else if (command.kind === 'reconnect') {
      this.sessions.set(command.connection, null);
      this.after(100, () => this.#open(command.connection));
    } else this.#request(command.connection, command.frame);
  }

  #request(connection: number, frame: string): void {
    this.requests.push(frame);
    const session = this.sessions.get(connection);
    if (!session) return;
    const { op, requestId, streams } = JSON.parse(frame) as {
      op: string;
      requestId: string;
      streams: Stream[];
    };
    this.after(10, () => {
      for (const stream of streams) {
        const name = `${stream.kind} ${stream.symbol}`;
        if (op === 'subscribe') session.streams.set(name, stream);
        else session.streams.delete(name);
        if (op === 'subscribe' && stream.kind === 'book' && this.sessions.get(connection) === session) {
          this.frame(connection, [this.book(stream.symbol, true)]);
        }
      }
    });
    this.after(10 + this.#options.ackMs, () => {
      if (this.sessions.get(connection) !== session) return;
      this.frame(connection, [{ kind: 'ack', requestId, stream: null }]);
    });
  }

  /** A book that never changes, each word of it a proof of life. */
  book(symbol: string, isSnapshot: boolean, update = 1): MarketEvent {
    const side = (price: number) => (isSnapshot ? [[price, 1] as const] : []);
    const check = { kind: 'link', update, previous: update } as const;
    return {
      kind: 'book',
      symbol,
      ts: this.now,
      isSnapshot,
      bids: side(99),
      asks: side(101),
      check,
    };
  }

  #books(): void {
    const kinds = new Set<StreamKind>(this.adapter.streams);
    if (this.hasBooks && kinds.has('book')) {
      const symbols = new Set(
        [...this.sessions.values()].flatMap((session) =>
          [...(session?.streams.values() ?? [])].map(({ symbol }) => symbol),
        ),
      );
      for (const symbol of symbols) this.deliver(this.book(symbol, false) as never);
    }
    this.after(200, () => this.#books());
  }

  #answer({ fetchId, symbol, from }: Extract<FeedCommand, { kind: 'fetch' }>): void {
    if (this.isRestAway) {
      this.give({ kind: 'unfetched', fetchId, reason: 'REST is away.' });
      return;
    }
    const fromMs = typeof from === 'number' ? from : from.ts;
    const known = (this.truth.get(symbol) ?? []).filter(({ ts }) => ts <= this.now - this.#options.restLagMs);
    const trades = known.slice(-this.#options.restDepth).filter(({ ts }) => ts >= fromMs);
    this.give({ kind: 'fetched', fetchId, trades: this.shapeRest(trades) });
  }
}
