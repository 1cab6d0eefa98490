/** Trades of a publicTrade frame: the hot path, so checked by hand (a test holds it to wire.ts). */
import { WireFormatError } from '../../../schemas/errors.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import type { MarketEvent } from '../market-event.ts';
import type { TradesWire, TradeWire } from './trade-text.ts';
import { DECIMAL, MAX_EXCHANGE_SEQ } from './wire.ts';

/** Our seq = exchange seq × this + place among the trades of that seq. */
const SEQ_STEP = 1024;
const TOPIC = 'publicTrade.';
const MAX_TS = 8.64e15;
const MAX_ID = 128;
const MAX_SYMBOL = 64;

/** The latest exchange seq of each symbol and the ids seen under it, in order. */
export type SequenceRuns = Map<string, { seq: number; ids: string[] }>;

export function mapTrades({ symbol, ts, items }: TradesWire, runs: SequenceRuns): MarketEvent {
  return { kind: 'trades', symbol, ts, trades: items.map((item) => trade(item, runs)) };
}

/** A parsed frame, checked as strictly as by wire.ts. @throws WireFormatError naming the first item that is no trade. */
export function checkTrades(message: Readonly<Record<string, unknown>>): TradesWire {
  const { data, ts, topic } = message;
  if (!isCount(ts, MAX_TS) || !Array.isArray(data) || data.length === 0) {
    throw new WireFormatError('Expected a publicTrade frame with ts and trades in data, got another form.');
  }
  const symbol = String(topic).slice(TOPIC.length);
  // All are checked before the first counts, so that a refused frame leaves no trace.
  for (const item of data) if (!isTrade(item, symbol)) refuse(item, symbol);
  return { symbol, ts, items: data as TradeWire[] };
}

function trade(item: TradeWire, runs: SequenceRuns): TradeRow {
  return {
    tradeId: item.i,
    seq: item.seq * SEQ_STEP + placeInRun(item, runs),
    ts: item.T,
    price: Number(item.p),
    size: Number(item.v),
    side: item.S === 'Buy' ? 'BUY' : 'SELL',
  };
}

/** A second copy of a trade takes the place of the first. A sweep of more than 1024 fills shares the last place. */
function placeInRun({ s, seq, i }: TradeWire, runs: SequenceRuns): number {
  const run = runs.get(s);
  if (run?.seq !== seq) {
    runs.set(s, { seq, ids: [i] });
    return 0;
  }
  const seen = run.ids.indexOf(i);
  if (seen >= 0) return seen;
  return run.ids.length < SEQ_STEP ? run.ids.push(i) - 1 : SEQ_STEP - 1;
}

function isTrade(item: unknown, symbol: string): boolean {
  if (typeof item !== 'object' || item === null) return false;
  const { T, s, S, v, p, i, seq } = item as Readonly<Record<keyof TradeWire, unknown>>;
  return (
    s === symbol &&
    isText(s, MAX_SYMBOL) &&
    isText(i, MAX_ID) &&
    (S === 'Buy' || S === 'Sell') &&
    isPositiveDecimal(p) &&
    isPositiveDecimal(v) &&
    isCount(T, MAX_TS) &&
    isCount(seq, MAX_EXCHANGE_SEQ)
  );
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= max;
}

function isPositiveDecimal(value: unknown): boolean {
  return typeof value === 'string' && DECIMAL.test(value) && Number(value) > 0;
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max && Number.isInteger(value);
}

function refuse(item: unknown, symbol: string): never {
  throw new WireFormatError(
    `Expected a Bybit trade of ${symbol} with T, s, S, v, p, i, seq, got ${JSON.stringify(item)}.`,
  );
}
