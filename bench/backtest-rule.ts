/** One simple rule that any backtester can trade: entries that are given, ±0.5 %, 60 minutes, a fee. For side by side runs. */
import { DuckDBInstance } from '@duckdb/node-api';
import { Quotes } from '../cli/backtest/quotes.ts';
import type { DeskInput } from '../functions/trade-desk/input.ts';
import { EMPTY_DESK } from '../functions/trade-desk/state.ts';
import { signal } from '../functions/trade-desk/trade-desk.fixture.ts';
import { desk } from '../functions/trade-desk/trade-desk.ts';
import { DEFAULT_ASSUMPTIONS } from '../schemas/backtest-assumptions.ts';
import { DeskConfig } from '../schemas/desk-params.ts';
import type { PositionEvent } from '../schemas/position-event.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { realData } from '../test/real-data.ts';
import { closedTrades } from '../transforms/performance/closed-trade.ts';
import { row } from '../transforms/strategies/rows.fixture.ts';

const COINS = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA'];
/** As many entries as both strategies have on these bars. */
const MINUTES_PER_ENTRY = 93;
export const RULE = { barrier: 0.005, minutes: 60, fee: 0.0006 } as const;

/** Of one symbol, columns of the same length. */
export interface RuleMarket {
  readonly symbol: string;
  /** Unit: ms since the epoch. */
  readonly time: readonly number[];
  readonly open: readonly number[];
  readonly high: readonly number[];
  readonly low: readonly number[];
  readonly close: readonly number[];
  /** At the close of the bar: 1 long, −1 short, 0 none. */
  readonly entry: readonly number[];
}

/** Enough to tell trades apart. Times in ms since the epoch. */
export interface RuleTrade {
  readonly symbol: string;
  readonly openedAt: number;
  readonly closedAt: number;
  /** Less fees. Unit: share of the price at entry. */
  readonly net: number;
}

/** Paths by symbol; null where one is missing. */
export function realBars(): Map<string, string> | null {
  const files = new Map<string, string>();
  for (const coin of COINS) {
    const path = realData(`candles/bybit-linear-${coin.toLowerCase()}usdt-1m-2025-05-30.parquet`);
    if (path === null) return null;
    files.set(`${coin}USDT`, path);
  }
  return files;
}

/** In DuckDB’s SQL: where a hash falls, one and the same in all runs. */
export function entryOf(symbol: string): string {
  const isEntry = `hash('${symbol}', open_time_ms) % ${MINUTES_PER_ENTRY} = 0`;
  return `CASE WHEN ${isEntry} THEN CASE WHEN hash(open_time_ms) % 2 = 0 THEN 1 ELSE -1 END ELSE 0 END`;
}

export async function ruleMarkets(files: ReadonlyMap<string, string>): Promise<RuleMarket[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const markets: RuleMarket[] = [];
  for (const [symbol, path] of files) {
    const bars = await connection.runAndReadAll(
      `SELECT open_time_ms::DOUBLE, open, high, low, close, ${entryOf(symbol)} FROM read_parquet('${path}') ORDER BY 1`,
    );
    const [time, open, high, low, close, entry] = bars.getColumns() as number[][];
    markets.push({
      symbol,
      time: time!,
      open: open!,
      high: high!,
      low: low!,
      close: close!,
      entry: entry!,
    });
  }
  connection.disconnectSync();
  return markets;
}

const ALWAYS = 10;
/** No gate refuses but PAIR_OPEN; both fees are the same, and positions too small to move equity. */
const CONFIG = DeskConfig.parse({
  books: [
    {
      rules: { cooldownMs: 0, maxConcurrent: 100, dailyCap: 100_000, dailyLossHalt: ALWAYS },
      risk: { startEquity: 1e6, margin: 1e-3, marginHalved: 1e-3, maxMargin: ALWAYS, maxOpenRisk: ALWAYS },
      funding: { windowMs: 0 },
      liquidity: { withoutBook: 0 },
      paper: { makerFee: RULE.fee, takerFee: RULE.fee, timeoutMs: RULE.minutes * MINUTE_MS },
    },
  ],
});
/** No spread, and more depth than is ever taken. */
const QUOTES = { ...DEFAULT_ASSUMPTIONS, assumedSpread: 0 };
const ENDLESS = 1e15;

/** What the desk hears of the markets: each minute all bars, all quotes, all entries. The files begin minutes apart. */
export function ruleInputs(markets: readonly RuleMarket[]): DeskInput[] {
  const quotes = new Quotes(QUOTES, new Map());
  const first = Math.min(...markets.map(({ time }) => time[0]!));
  const last = Math.max(...markets.map(({ time }) => time.at(-1)!));
  const inputs: DeskInput[] = [];
  for (let openTime = first; openTime <= last; openTime += MINUTE_MS) {
    const at = openTime + MINUTE_MS;
    const now = markets
      .map((market) => ({ market, i: (openTime - market.time[0]!) / MINUTE_MS }))
      .filter(({ market, i }) => market.time[i] === openTime);
    const rows = now.map(({ market, i }) => rowOf(market, i));
    inputs.push({ kind: 'timer', at });
    for (const one of rows) inputs.push({ kind: 'features', at, row: one });
    for (const one of rows) inputs.push({ kind: 'snapshot', at, snapshot: quotes.atClose(one) });
    for (const { market, i } of now) if (market.entry[i] !== 0) inputs.push(signalOf(market, i, at));
  }
  return inputs;
}

function rowOf({ symbol, time, open, high, low, close }: RuleMarket, i: number) {
  const openTime = time[i]!;
  const prices = { open: open[i]!, high: high[i]!, low: low[i]!, close: close[i]! };
  const closeTime = openTime + MINUTE_MS;
  const id = `bybit:${symbol}:${openTime}:1`;
  return row({ id, symbol, pair: symbol, openTime, closeTime, ...prices, volumeEma20: ENDLESS });
}

function signalOf({ symbol, close, entry }: RuleMarket, i: number, at: number): DeskInput {
  const [price, direction] = [close[i]!, entry[i]!];
  const barriers = {
    tp: price * (1 + direction * RULE.barrier),
    sl: price * (1 - direction * RULE.barrier),
  };
  const side = direction > 0 ? 'LONG' : 'SHORT';
  const told = { pair: symbol, side, entry: price, timestamp: at, expires_at: at + MINUTE_MS } as const;
  return { kind: 'signal', at, signal: signal({ ...told, ...barriers }) };
}

/** The live desk, its gates open. */
export function tradedByDesk(inputs: readonly DeskInput[]): RuleTrade[] {
  return closedTrades(runDesk(inputs, CONFIG)).map(({ pair, openedAt, closedAt, net, entry, size }) => {
    return { symbol: pair, openedAt, closedAt, net: net / (entry * size) };
  });
}

function publishedOf({ id, book, pair }: PositionEvent, at: number): DeskInput {
  const ids = [id];
  return book === undefined
    ? { kind: 'swing_published', at, pair, ids }
    : { kind: 'published', at, book, ids };
}

/** As a backtest does: what is told counts as published at once. */
export function runDesk(inputs: readonly DeskInput[], config: DeskConfig): PositionEvent[] {
  const all: PositionEvent[] = [];
  let state = EMPTY_DESK;
  for (const input of inputs) {
    const step = desk(state, input, config);
    state = step.state;
    for (const event of step.events) state = desk(state, publishedOf(event, input.at), config).state;
    all.push(...step.events);
  }
  return all;
}
