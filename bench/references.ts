/** What others need for the same candles: tardis-dev, the Beam SDK's direct runner, DuckDB, and a loop over columns as roofline. */
import '../transforms/sdk.beam.ts';
import { DuckDBInstance } from '@duckdb/node-api';
import type { PCollection, Root } from 'apache-beam/pvalue';
import { directRunner } from 'apache-beam/runners/direct_runner';
import { impulse } from 'apache-beam/transforms/internal';
import { withName } from 'apache-beam/transforms/transform';
import { compute, computeTradeBars, type NormalizedData, type Trade } from 'tardis-dev';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { type Group, groupInto, type Keyed, register, step } from '../transforms/beam.ts';
import { windowsOf } from '../transforms/windows.ts';
import { type Spent, Stopwatch } from './benchmark.ts';
import { type Columns, DENSE, newColumns, SymbolMarket, symbolsOf } from './market.ts';

const INTERVALS_MS = [MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS];

interface SymbolColumns extends Columns {
  readonly symbol: string;
}

/** `trades` rows over all symbols. */
function columnsOf(symbols: number, trades: number): SymbolColumns[] {
  return symbolsOf(symbols).map((symbol, i) => {
    const columns = newColumns(trades / symbols);
    new SymbolMarket(symbol, DENSE, i + 1).take(Number.POSITIVE_INFINITY, columns);
    return { symbol, ...columns };
  });
}

async function timed(work: () => unknown): Promise<Spent> {
  const watch = new Stopwatch();
  watch.resume();
  await work();
  watch.pause();
  return watch.spent;
}

/** `compute()` over an async iterator of trade objects, which exist before the time starts. */
export function tardis(symbols: number, trades: number): () => Promise<Spent> {
  const messages = columnsOf(symbols, trades).flatMap(tardisTrades);
  messages.sort((a, b) => a.timestamp.getTime() - b.timestamp.getTime());
  async function* replay(): AsyncGenerator<NormalizedData> {
    for (const message of messages) yield message;
  }
  return () =>
    timed(async () => {
      let bars = 0;
      const kinds = INTERVALS_MS.map((interval) => computeTradeBars({ kind: 'time', interval }));
      for await (const { type } of compute(replay(), ...kinds)) if (type === 'trade_bar') bars += 1;
      return bars;
    });
}

function tardisTrades({ symbol, count, ts, seq, price, size, buy }: SymbolColumns): Trade[] {
  return Array.from({ length: count }, (_, i) => ({
    type: 'trade',
    exchange: 'bybit',
    symbol,
    id: String(seq[i]),
    price: price[i]!,
    amount: size[i]!,
    side: buy[i] ? 'buy' : 'sell',
    timestamp: new Date(ts[i]!),
    localTimestamp: new Date(ts[i]!),
  })) as Trade[];
}

/** GROUP BY on one thread over a table in memory: 1m of trades, 15m and 1h of those. */
export async function duckDb(symbols: number, trades: number): Promise<() => Promise<Spent>> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(
    'CREATE TABLE trades (symbol VARCHAR, ts BIGINT, seq BIGINT, price DOUBLE, size DOUBLE, buy BOOLEAN)',
  );
  const appender = await connection.createAppender('trades');
  for (const { symbol, count, ts, seq, price, size, buy } of columnsOf(symbols, trades)) {
    for (let i = 0; i < count; i++) {
      appender.appendVarchar(symbol);
      appender.appendBigInt(BigInt(ts[i]!));
      appender.appendBigInt(BigInt(seq[i]!));
      appender.appendDouble(price[i]!);
      appender.appendDouble(size[i]!);
      appender.appendBoolean(buy[i] === 1);
      appender.endRow();
    }
  }
  appender.closeSync();
  return () =>
    timed(async () => {
      await connection.run(`CREATE OR REPLACE TEMP TABLE m1 AS
        SELECT symbol, ts // 60000 AS bar, arg_min(price, seq) AS open, max(price) AS high, min(price) AS low,
          arg_max(price, seq) AS close, sum(size) AS volume, sum(price * size) AS turnover,
          sum(size) FILTER (buy) AS buy_volume, count(*) AS trades
        FROM trades GROUP BY ALL`);
      for (const minutes of [15, 60]) {
        await connection.run(`CREATE OR REPLACE TEMP TABLE m${minutes} AS
          SELECT symbol, bar // ${minutes} AS longer, arg_min(open, bar) AS open, max(high) AS high, min(low) AS low,
            arg_max(close, bar) AS close, sum(volume) AS volume, sum(turnover) AS turnover,
            sum(buy_volume) AS buy_volume, sum(trades) AS trades
          FROM m1 GROUP BY ALL`);
      }
    });
}

/** OHLCV and taker volume of columns in order, no objects: what one core can do at most. */
export function loop(symbols: number, trades: number): () => Promise<Spent> {
  const all = columnsOf(symbols, trades);
  return () =>
    timed(() => {
      let sum = 0;
      for (const columns of all) for (const interval of INTERVALS_MS) sum += barsOf(columns, interval);
      return sum;
    });
}

function barsOf({ count, ts, price, size, buy }: Columns, interval: number): number {
  let [end, high, low, volume, turnover, bought, sum] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const at = price[i]!;
    if (ts[i]! >= end) {
      sum += high + low + volume + turnover + bought + at;
      end = ts[i]! - (ts[i]! % interval) + interval;
      high = at;
      low = at;
      volume = 0;
      turnover = 0;
      bought = 0;
    }
    if (at > high) high = at;
    if (at < low) low = at;
    volume += size[i]!;
    turnover += at * size[i]!;
    if (buy[i] === 1) bought += size[i]!;
  }
  return sum + high + low + volume + turnover + bought;
}

interface PlainTrade {
  readonly price: number;
  readonly size: number;
  readonly seq: number;
}

let plainTrades: readonly Keyed<PlainTrade>[] = [];

function* readPlainTrades(): Iterable<Keyed<PlainTrade>> {
  yield* plainTrades;
}

function* foldPlainTrades({ value }: Group<PlainTrade>): Iterable<number> {
  let open: PlainTrade | undefined;
  let close: PlainTrade | undefined;
  let [high, low, volume] = [0, Number.POSITIVE_INFINITY, 0];
  for (const trade of value) {
    if (open === undefined || trade.seq < open.seq) open = trade;
    if (close === undefined || trade.seq > close.seq) close = trade;
    if (trade.price > high) high = trade.price;
    if (trade.price < low) low = trade.price;
    volume += trade.size;
  }
  yield open!.price + close!.price + high + low + volume;
}

register('bench/references', { readPlainTrades, foldPlainTrades });

/** The SDK's own runner: trade objects into 1m bars only. */
export function direct(symbols: number, trades: number): () => Promise<Spent> {
  plainTrades = columnsOf(symbols, trades).flatMap(({ symbol, count, ts, seq, price, size }) =>
    Array.from({ length: count }, (_, i) => ({
      key: symbol,
      ts: ts[i]!,
      value: { price: price[i]!, size: size[i]!, seq: seq[i]! },
    })),
  );
  const minute = windowsOf(DEFAULT_PARAMS).bar('1m');
  return () =>
    timed(() =>
      directRunner().run((root: Root) => {
        const read = root.apply(withName('Impulse', impulse())) as PCollection<Uint8Array>;
        read
          .apply(step('ReadPlainTrades', readPlainTrades))
          .apply(groupInto<PlainTrade>('GroupIntoMinute', minute))
          .apply(step('FoldPlainTrades', foldPlainTrades));
      }),
    );
}
