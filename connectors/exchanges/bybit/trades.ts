/** Trades of a publicTrade frame: the hot path, so checked by hand (a test holds it to wire.ts). */
import { WireFormatError } from '../../../schemas/errors.ts';
import { MAX_EVENT_TIME } from '../../../schemas/primitives.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import type { TradesEvent } from '../market-event.ts';
import { quote } from '../wire-frame.ts';
import type { Fill, Fills } from './trade-text.ts';
import { DECIMAL, MAX_EXCHANGE_SEQ, SMALLEST } from './wire.ts';

/** Our seq = exchange seq × this + place among the trades of that seq. */
const SEQ_STEP = 1024;
const TOPIC = 'publicTrade.';
const MAX_ID = 128;
const MAX_SYMBOL = 64;
/** Symbols whose latest seq is kept; more than Bybit lists. */
const MAX_SYMBOLS = 2_048;

/** The fills of one exchange seq: most have one, a sweep has hundreds. */
interface Run {
  readonly seq: number;
  readonly first: string;
  /** Place by id, from the second fill on. */
  places: Map<string, number> | null;
}

/** Places of trades among those of one exchange seq, by symbol. The latest seq of each symbol is remembered. */
export class SequenceRuns {
  readonly #latest = new Map<string, Run>();

  /** Our seq of a fill. A second copy takes the place of the first; a sweep of more than 1024 fills shares the last. */
  seqOf(symbol: string, seq: number, id: string): number {
    const run = this.#latest.get(symbol);
    if (run?.seq !== seq) {
      if (!run && this.#latest.size === MAX_SYMBOLS) this.#latest.clear();
      this.#latest.set(symbol, { seq, first: id, places: null });
      return seq * SEQ_STEP;
    }
    return seq * SEQ_STEP + placeOf(run, id);
  }
}

function placeOf(run: Run, id: string): number {
  if (id === run.first) return 0;
  run.places ??= new Map();
  const known = run.places.get(id);
  if (known !== undefined) return known;
  const place = run.places.size + 1;
  if (place >= SEQ_STEP) return SEQ_STEP - 1;
  run.places.set(id, place);
  return place;
}

export function mapTrades({ symbol, ts, fills }: Fills, runs: SequenceRuns): TradesEvent {
  return { kind: 'trades', symbol, ts, trades: fills.map((fill) => tradeRow(symbol, fill, runs)) };
}

/** A parsed frame, checked as strictly as by wire.ts. @throws WireFormatError naming the first item that is no trade. */
export function checkTrades(message: Readonly<Record<string, unknown>>, frame: string): Fills {
  const { data, ts, topic } = message;
  if (!isCount(ts, MAX_EVENT_TIME) || !Array.isArray(data) || data.length === 0) {
    throw new WireFormatError(
      `Expected a publicTrade frame with ts and trades in data from Bybit, got ${quote(frame)}.`,
    );
  }
  const symbol = String(topic).slice(TOPIC.length);
  // All are checked before the first counts, so that a refused frame leaves no trace.
  return { symbol, ts, fills: data.map((item) => fillOf(item, symbol) ?? refuse(frame, symbol)) };
}

/** A checked fill as ours. */
export function tradeRow(symbol: string, fill: Fill, runs: SequenceRuns): TradeRow {
  return {
    tradeId: fill.id,
    seq: runs.seqOf(symbol, fill.seq, fill.id),
    ts: fill.ts,
    price: fill.price,
    size: fill.size,
    side: fill.isBuy ? 'BUY' : 'SELL',
  };
}

type TradeWire = Readonly<Record<'T' | 's' | 'S' | 'v' | 'p' | 'i' | 'seq', unknown>>;

/** Null where it is no trade of the symbol. */
export function fillOf(item: unknown, symbol: string): Fill | null {
  if (typeof item !== 'object' || item === null) return null;
  const { T, s, S, v, p, i, seq } = item as TradeWire;
  const isFine =
    s === symbol &&
    isText(s, MAX_SYMBOL) &&
    isText(i, MAX_ID) &&
    (S === 'Buy' || S === 'Sell') &&
    isPositiveDecimal(p) &&
    isPositiveDecimal(v) &&
    isCount(T, MAX_EVENT_TIME) &&
    isCount(seq, MAX_EXCHANGE_SEQ);
  return isFine ? { ts: T, isBuy: S === 'Buy', price: Number(p), size: Number(v), id: i, seq } : null;
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
