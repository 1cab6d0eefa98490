/** One symbol of a feed, over all connections that carry it: what they bring in, batches, seconds and claims out. */
import { messageOf } from '../../schemas/errors.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { KlineEvent, TradesEvent } from '../exchanges/market-event.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';
import type { Random } from '../random.ts';
import type { Carrier, Proof } from './continuity.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Instant } from './feed-io.ts';
import type { FeedOut } from './feed-out.ts';
import type { Entry, Ledger } from './ledger.ts';
import { cutByMinute, tradeMessage } from './messages.ts';
import { MinuteCheck } from './minute-check.ts';
import { Asking } from './recovery.ts';
import { SymbolBooks } from './symbol-books.ts';
import { SymbolGaps } from './symbol-gaps.ts';
import { SymbolSeconds } from './symbol-seconds.ts';
import { SymbolState } from './symbol-state.ts';
import { compareTrades } from './trade-order.ts';
import { Witness } from './witness.ts';

export interface SymbolFeedOptions {
  readonly adapter: VenueAdapter;
  readonly symbol: string;
  readonly since: number;
  /** From when on its trades are wanted, where that is earlier than usual. Market ms. */
  readonly wantedMs: number | undefined;
  readonly random: Random;
  readonly out: FeedOut;
  readonly ledger: Ledger;
  readonly letters: DeadLetters;
  /** Asks REST for trades. */
  readonly fetch: (fromMs: number) => void;
}

export class SymbolFeed {
  readonly symbol: string;
  readonly state: SymbolState;
  readonly books: SymbolBooks;
  readonly gaps: SymbolGaps;
  readonly witness = new Witness();
  /** One for each connection that carries it. */
  readonly legs = new Set<Carrier>();
  /** Older trades are not ours to tell. */
  readonly #startMs: number;
  readonly #options: SymbolFeedOptions;
  readonly #seconds: SymbolSeconds;
  readonly #check: MinuteCheck;
  readonly #asking: Asking;
  isHalted = false;

  /** Begins with the minute that is under way, whose first trades REST may still have. */
  constructor(options: SymbolFeedOptions) {
    const { adapter, symbol, since, wantedMs = since, random, ledger } = options;
    const startMs = Math.min(wantedMs, since - (since % MINUTE_MS));
    this.#options = options;
    this.#startMs = startMs;
    this.symbol = symbol;
    this.state = new SymbolState(adapter.venue, symbol, since);
    this.books = new SymbolBooks(since);
    this.#asking = new Asking(random);
    const write = (at: Instant, entry: Entry) => ledger.write(symbol, at.market, entry);
    this.gaps = new SymbolGaps({
      state: this.state,
      hasContiguousIds: adapter.hasContiguousIds,
      startMs,
      write,
      onLost: (from, to) => this.#seconds.lost(from, to),
    });
    this.#seconds = new SymbolSeconds({
      state: this.state,
      books: this.books,
      witness: this.witness,
      continuity: this.gaps.continuity,
      out: options.out,
      startMs,
    });
    this.#check = new MinuteCheck({
      state: this.state,
      continuity: this.gaps.continuity,
      out: options.out,
      write,
      hasKlines: adapter.streams.includes('kline'),
      hasContiguousIds: adapter.hasContiguousIds,
    });
  }

  get isUp(): boolean {
    return this.gaps.continuity.isUp;
  }

  up(link: Proof, at: Instant): void {
    this.gaps.up(link, at);
  }

  down(link: Proof, connection: number, cause: string, at: Instant): void {
    this.gaps.down(link, cause, at);
    this.books.clear(connection, at.market);
    if (!this.isUp) this.witness.settled();
  }

  /** The connection carries it no more; another may. */
  left(link: Proof, connection: number, at: Instant): void {
    for (const leg of this.legs) if (leg.link === link) this.legs.delete(leg);
    this.down(link, connection, 'It is carried elsewhere.', at);
    this.books.drop(connection, at.market);
  }

  /** The exchange has sent something of the symbol. True where a second is over by it. */
  stamped(ts: number, at: Instant): boolean {
    this.#seconds.stamped(ts);
    return this.isDue(at);
  }

  /** Number of trades that were new. */
  trades({ trades, isSnapshot }: TradesEvent, at: Instant): number {
    this.witness.traded(at.network);
    if (isSnapshot) return this.#recovered(trades, { askedAt: at.network, isJoined: true }, at).length;
    const { state, gaps } = this;
    let fresh = 0;
    for (const trade of trades) {
      const { last } = state;
      if (!state.add(trade)) continue;
      gaps.live(trade, last, at);
      fresh++;
    }
    if (trades.length > 0) state.lagMs = at.market - trades.at(-1)!.ts;
    return fresh;
  }

  kline(kline: KlineEvent, at: Instant): void {
    this.#check.told(kline, at);
  }

  /** It is not followed any more. */
  ended(at: Instant): void {
    this.flush(at);
    this.#check.ended(at);
    this.gaps.ended(at);
  }

  fetched(trades: readonly TradeRow[], at: Instant): void {
    const how = { askedAt: this.#asking.askedAt ?? at.network, isJoined: false };
    const fresh = this.#recovered(trades, how, at);
    this.#check.fetched(trades, fresh, at);
    this.#asking.answered(at.network, this.#demand() === null);
  }

  unfetched(at: Instant): void {
    this.#asking.answered(at.network, false);
  }

  /** Snapshots of these seconds were never published. @param isProven They said that all was well. */
  dropped(from: number, to: number, isProven: boolean): void {
    this.#seconds.dropped(from, to, isProven);
  }

  /** A second is over. */
  isDue(at: Instant): boolean {
    return this.#seconds.areDue(at);
  }

  /** Batches, then the seconds that are over, then claims. */
  flush(at: Instant): void {
    this.gaps.advance(at);
    this.#flushTrades(at);
    this.#seconds.flush(at);
  }

  tick(at: Instant): void {
    this.gaps.tick(at);
    this.#check.tick(at);
    if (!this.#asking.isDue(at.network)) return;
    const from = this.#demand();
    if (from === null) return;
    this.#asking.asked(at.network);
    this.#options.fetch(from);
  }

  #demand(): number | null {
    return this.gaps.demand ?? this.#check.demand;
  }

  /** Trades that were missed, as far as they are wanted, in order. */
  #recovered(
    trades: readonly TradeRow[],
    how: { readonly askedAt: number; readonly isJoined: boolean },
    at: Instant,
  ): TradeRow[] {
    const { state, gaps } = this;
    gaps.tick(at);
    const wanted = Math.min(gaps.floor, this.#check.floor);
    const floor = Math.max(wanted, this.#startMs, state.known.horizon + 1);
    const inOrder = [...trades].sort(compareTrades);
    state.before ??= inOrder.findLast(({ ts }) => ts < this.#startMs) ?? null;
    state.last ??= state.before;
    // All are looked up before the first is taken: a long answer makes room by forgetting what it is compared with.
    const isNew = ({ ts, tradeId }: TradeRow) => ts >= floor && !state.known.has(tradeId);
    const taken = inOrder.filter(isNew).filter((trade) => state.add(trade));
    gaps.answer({ trades: inOrder, ...how }, taken, at);
    this.witness.settled();
    return taken;
  }

  #flushTrades(at: Instant): void {
    for (const run of cutByMinute(this.state.pending.splice(0))) this.#publish(run, at);
    this.#check.flushed(at);
  }

  /** Trades that passed the wire's checks and still make no batch become a dead letter. */
  #publish(run: readonly TradeRow[], at: Instant): void {
    const { state } = this;
    const { out, letters } = this.#options;
    try {
      out.message('raw-tick-data', tradeMessage(state.venue, this.symbol, run, state.sending(at.market)));
      state.publishedTrades += run.length;
      this.#check.published(run);
    } catch (error) {
      letters.refuse(JSON.stringify(run), messageOf(error), 'trades that make no batch', at.market);
    }
  }
}
