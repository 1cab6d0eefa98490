/** What follows where the exchange's bar of a minute is not what we published of it: look again, then take the bar. */
import { type Candle, candleId } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { KlineEvent } from '../exchanges/market-event.ts';
import type { Continuity } from './continuity.ts';
import type { Instant } from './feed-io.ts';
import type { FeedOut } from './feed-out.ts';
import { type CheckedMinute, KlineCheck, volumeOf } from './kline-check.ts';
import type { Entry } from './ledger.ts';
import { barMessage } from './messages.ts';
import { lookBack } from './recovery.ts';
import type { SymbolState } from './symbol-state.ts';

/** Answers of REST that may fail to explain a difference. */
const MOST_TRIES = 3;
/** The same for minutes whose bar never came. */
const MOST_LOOKS = 6;
/**
 * Revisions of minutes with trades count from here, one for each trade and each healthy second (see schemas/candle.ts):
 * a bar that beats ours by one fact gives way as soon as we learn of another trade.
 */
const TRADED_REVISION = 1_000_000;
const SECONDS = 60;

export interface MinuteCheckOptions {
  readonly state: SymbolState;
  readonly continuity: Continuity;
  /** The venue tells bars of its own. */
  readonly hasKlines: boolean;
  /**
   * Trade ids prove what is missing. Then a bar is a reason to ask REST and no more: such venues do not say that it is
   * closed, and the last we saw of it may be older than its end.
   */
  readonly hasContiguousIds: boolean;
  readonly out: FeedOut;
  readonly write: (at: Instant, entry: Entry) => void;
}

export class MinuteCheck {
  readonly #options: MinuteCheckOptions;
  readonly #klines = new KlineCheck();
  /** Minutes that differ from their bars, and minutes without a bar. */
  #asking: CheckedMinute[] = [];
  #unchecked: CheckedMinute[] = [];
  #isWaiting = false;

  constructor(options: MinuteCheckOptions) {
    this.#options = options;
  }

  published(trades: readonly TradeRow[]): void {
    this.#klines.published(trades);
  }

  /** A bar that still runs counts where it can only be a reason to ask. */
  told(kline: KlineEvent, at: Instant): void {
    if (kline.isClosed || this.#options.hasContiguousIds) this.#klines.told(kline, at.network);
  }

  /** From when trades are to be asked for; null where nothing is in doubt. */
  get demand(): number | null {
    const doubtful = this.#doubtful;
    if (doubtful.length === 0) return null;
    return lookBack(this.floor, Math.max(...doubtful.map(({ tries }) => tries)));
  }

  /** Start of the oldest minute in doubt; Infinity where there is none. */
  get floor(): number {
    return this.#doubtful.reduce(
      (least, { openTime }) => Math.min(least, openTime),
      Number.POSITIVE_INFINITY,
    );
  }

  /** REST has answered; `fresh` were new. A minute counts as looked at where there are trades on both sides of it. */
  fetched(trades: readonly TradeRow[], fresh: readonly TradeRow[], at: Instant): void {
    for (const minute of this.#doubtful) {
      const found = fresh.filter(({ ts }) => isWithin(ts, minute.openTime)).length;
      minute.tries++;
      minute.recovered += found;
      const isSeen = reachesOver(trades, minute.openTime);
      if (minute.verdict === 'asking' && isSeen && this.#options.hasContiguousIds) this.#settle(minute, at);
      if (minute.isAsked || minute.kline?.isClosed) continue;
      if (found > 0) this.#recovered(minute, at, 'its bar never came, and REST knows trades that we did not');
      minute.isAsked = minute.tries >= MOST_LOOKS || isSeen;
    }
    this.#unchecked = this.#unchecked.filter(({ isAsked }) => !isAsked);
  }

  get #doubtful(): CheckedMinute[] {
    return [...new Set([...this.#asking, ...this.#unchecked])];
  }

  /** Looks at the minutes; where trades wait for their batch, which are not summed yet, once they have left. */
  tick(at: Instant): void {
    this.#isWaiting = this.#options.state.pending.length > 0;
    if (!this.#isWaiting) this.#look(at);
  }

  /** No trade waits for its batch. */
  flushed(at: Instant): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#look(at);
  }

  #look(at: Instant): void {
    const { continuity } = this.#options;
    if (this.#options.hasKlines) this.#lookForMissing(at);
    for (const minute of this.#klines.takeCovered()) this.#covered(minute, at);
    const differing = this.#klines.differing(at.network, (openTime) =>
      continuity.vouches(openTime, openTime + MINUTE_MS),
    );
    for (const minute of differing) {
      if (minute.verdict === 'open') {
        minute.verdict = 'asking';
        minute.tries = 0;
      } else if (minute.tries >= MOST_TRIES && !this.#options.hasContiguousIds) this.#differs(minute, at);
    }
    this.#asking = differing.filter(({ verdict }) => verdict === 'asking');
  }

  /** Nobody will look again: the exchange's bars, which tell of more than we have, stand for what is still in doubt. */
  ended(at: Instant): void {
    for (const minute of this.#asking) if (minute.verdict === 'asking') this.#differs(minute, at);
    this.#asking = [];
  }

  /** A connection that was down when a minute closed brings no bar of it. */
  #lookForMissing({ market }: Instant): void {
    const { continuity } = this.#options;
    this.#klines.began(market - (market % MINUTE_MS));
    this.#unchecked = this.#klines
      .unchecked(market)
      .filter(({ openTime }) => continuity.vouches(openTime, openTime + MINUTE_MS));
  }

  #covered(minute: CheckedMinute, at: Instant): void {
    const { verdict } = minute;
    if (verdict !== 'asking' && verdict !== 'differs') return;
    this.#recovered(minute, at, 'we have all trades of the exchange’s bar of the minute now');
  }

  /** REST has told all of it. */
  #settle(minute: CheckedMinute, at: Instant): void {
    minute.verdict = 'equal';
    minute.isAsked = true;
    if (minute.recovered > 0) this.#recovered(minute, at, 'REST has told all trades of the minute');
  }

  #recovered({ openTime, recovered }: CheckedMinute, at: Instant, cause: string): void {
    this.#options.write(at, {
      kind: 'RECOVERED',
      cause,
      resolved: true,
      from: openTime,
      to: openTime + MINUTE_MS,
      tradesRecovered: recovered,
    });
  }

  #differs(minute: CheckedMinute, at: Instant): void {
    const { state, out, write } = this.#options;
    const { openTime, trades, recovered } = minute;
    const kline = minute.kline!;
    minute.verdict = 'differs';
    const counted = kline.trades === null ? '' : ` of ${kline.trades} trades`;
    const cause = `we have a volume of ${volumeOf(minute)} of ${trades} trades, the exchange ${kline.volume}${counted}`;
    write(at, {
      kind: 'DIFFERS',
      cause,
      from: openTime,
      to: openTime + MINUTE_MS,
      tradesRecovered: recovered,
    });
    const candle = candleOf(state, kline, TRADED_REVISION + trades + SECONDS + 1);
    const { since, publishedTrades: from } = state;
    out.message('raw-tick-data', barMessage(candle, { since, from, sentAt: at.market }));
  }
}

function candleOf({ venue, symbol }: SymbolState, kline: KlineEvent, revision: number): Candle {
  const { openTime, open, high, low, close, volume, turnover, trades } = kline;
  const identity = { venue, symbol, interval: '1m', openTime, revision } as const;
  return {
    id: candleId(identity),
    ...identity,
    open,
    high,
    low,
    close,
    volume,
    turnover,
    buyVolume: null,
    trades,
    vwap: volume > 0 && turnover !== null && turnover > 0 ? turnover / volume : null,
    coverage: 1,
    filled: volume === 0,
    complete: true,
  };
}

function reachesOver(trades: readonly TradeRow[], openTime: number): boolean {
  return trades.some(({ ts }) => ts < openTime) && trades.some(({ ts }) => ts >= openTime + MINUTE_MS);
}

function isWithin(ts: number, openTime: number): boolean {
  return ts >= openTime && ts < openTime + MINUTE_MS;
}
