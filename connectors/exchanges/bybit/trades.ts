/** Trades of a publicTrade frame: the hot path, so checked by hand (a test holds it to wire.ts). */
import { WireFormatError } from '../../../schemas/errors.ts';
import { MAX_EVENT_TIME } from '../../../schemas/primitives.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import type { TradesEvent } from '../market-event.ts';
import { quote } from '../wire-frame.ts';
import type { TradesWire, TradeWire } from './trade-text.ts';
import { DECIMAL, MAX_EXCHANGE_SEQ, SMALLEST } from './wire.ts';

/** Our seq = exchange seq × this + place among the trades of that seq. */
const SEQ_STEP = 1024;
const TOPIC = 'publicTrade.';
const MAX_ID = 128;
const MAX_SYMBOL = 64;
/** Symbols whose latest seq is kept; more than Bybit lists. */
const MAX_SYMBOLS = 2_048;

/** Places of trades among those of one exchange seq, by symbol. The latest seq of each symbol is remembered. */
export class SequenceRuns {
  readonly #latest = new Map<string, { seq: number; ids: string[] }>();

  /** Our seq of a trade. A second copy takes the place of the first; a sweep of more than 1024 fills shares the last. */
  seqOf({ s, seq, i }: Pick<TradeWire, 's' | 'seq' | 'i'>): number {
    const run = this.#latest.get(s);
    if (run?.seq !== seq) {
      if (!run && this.#latest.size === MAX_SYMBOLS) this.#latest.clear();
      this.#latest.set(s, { seq, ids: [i] });
      return seq * SEQ_STEP;
    }
    const seen = run.ids.indexOf(i);
    if (seen >= 0) return seq * SEQ_STEP + seen;
    return seq * SEQ_STEP + (run.ids.length < SEQ_STEP ? run.ids.push(i) - 1 : SEQ_STEP - 1);
  }
}

export function mapTrades({ symbol, ts, items }: TradesWire, runs: SequenceRuns): TradesEvent {
  return { kind: 'trades', symbol, ts, trades: items.map((item) => tradeRow(item, runs)) };
}

/** A parsed frame, checked as strictly as by wire.ts. @throws WireFormatError naming the first item that is no trade. */
export function checkTrades(message: Readonly<Record<string, unknown>>, frame: string): TradesWire {
  const { data, ts, topic } = message;
  if (!isCount(ts, MAX_EVENT_TIME) || !Array.isArray(data) || data.length === 0) {
    throw new WireFormatError(
      `Expected a publicTrade frame with ts and trades in data from Bybit, got ${quote(frame)}.`,
    );
  }
  const symbol = String(topic).slice(TOPIC.length);
  // All are checked before the first counts, so that a refused frame leaves no trace.
  for (const item of data) if (!isTrade(item, symbol)) refuse(frame, symbol);
  return { symbol, ts, items: data as TradeWire[] };
}

/** A checked fill as ours. */
export function tradeRow(item: TradeWire, runs: SequenceRuns): TradeRow {
  return {
    tradeId: item.i,
    seq: runs.seqOf(item),
    ts: item.T,
    price: Number(item.p),
    size: Number(item.v),
    side: item.S === 'Buy' ? 'BUY' : 'SELL',
  };
}

export function isTrade(item: unknown, symbol: string): boolean {
  if (typeof item !== 'object' || item === null) return false;
  const { T, s, S, v, p, i, seq } = item as Readonly<Record<keyof TradeWire, unknown>>;
  return (
    s === symbol &&
    isText(s, MAX_SYMBOL) &&
    isText(i, MAX_ID) &&
    (S === 'Buy' || S === 'Sell') &&
    isPositiveDecimal(p) &&
    isPositiveDecimal(v) &&
    isCount(T, MAX_EVENT_TIME) &&
    isCount(seq, MAX_EXCHANGE_SEQ)
  );
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= max;
}

function isPositiveDecimal(value: unknown): boolean {
  return typeof value === 'string' && DECIMAL.test(value) && Number(value) >= SMALLEST;
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max && Number.isInteger(value);
}

function refuse(frame: string, symbol: string): never {
  throw new WireFormatError(
    `Expected Bybit trades of ${quote(symbol)} with T, s, S, v, p, i, seq, got ${quote(frame)}.`,
  );
}
