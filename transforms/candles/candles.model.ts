/** Naive oracle of candles: all trades in one array, decimals as big integers, nothing incremental. For tests. */
import { type Candle, candleId } from '../../schemas/candle.ts';
import { INTERVAL_MS, INTERVALS, type Interval, MINUTE_MS, type Venue } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { TradePoint } from '../market-data.ts';

export interface ModelMarket {
  readonly venue: Venue;
  readonly symbol: string;
  /** In any order, with second copies. */
  readonly trades: readonly TradeRow[];
  /** Starts of the seconds in which the feed was healthy. Unit: ms. */
  readonly healthy: ReadonlySet<number>;
  /** What was heard in a minute of a trade from before it; null where only that there is silence. */
  readonly told: readonly { readonly openTime: number; readonly last: TradePoint | null }[];
  /** Minutes [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  /** Minutes of the fill window. */
  readonly lookback: number;
}

/** Candles of every interval, by interval, then open time. */
export function modelCandles(market: ModelMarket): Candle[] {
  const trades = distinctTrades(market.trades);
  const minutes = timesFrom(market, MINUTE_MS).flatMap(
    (openTime) => modelMinute(market, trades, openTime) ?? [],
  );
  const longer = INTERVALS.slice(1).flatMap((interval) =>
    timesFrom(market, INTERVAL_MS[interval]).flatMap(
      (openTime) => modelSpan(market, trades, minutes, interval, openTime) ?? [],
    ),
  );
  return [...minutes, ...longer];
}

/** Each id once, its copy of the smallest seq; by (ts, seq, id). */
export function distinctTrades(trades: readonly TradeRow[]): TradeRow[] {
  const byId = new Map<string, TradeRow>();
  for (const trade of trades) {
    const known = byId.get(trade.tradeId);
    if (!known || trade.seq < known.seq) byId.set(trade.tradeId, trade);
  }
  return [...byId.values()].sort((a, b) => a.ts - b.ts || a.seq - b.seq || (a.tradeId < b.tradeId ? -1 : 1));
}

function timesFrom({ fromMs, toMs }: ModelMarket, stepMs: number): number[] {
  const times: number[] = [];
  for (let time = Math.floor(fromMs / stepMs) * stepMs; time < toMs; time += stepMs) times.push(time);
  return times;
}

function modelMinute(market: ModelMarket, all: readonly TradeRow[], openTime: number): Candle | null {
  const closeTime = openTime + MINUTE_MS;
  const windowFrom = closeTime - market.lookback * MINUTE_MS;
  const healthy = healthyBetween(market, openTime, closeTime);
  const trades = all.filter(({ ts }) => ts >= openTime && ts < closeTime);
  const wasHeard = healthy > 0 || market.told.some((told) => told.openTime === openTime);
  const shares = { coverage: healthy / 60, complete: healthy === 60 };
  if (trades.length > 0) {
    return modelCandle(market, '1m', openTime, numbersOf(trades), {
      ...shares,
      revision: 1e6 + trades.length + healthy,
    });
  }
  const told = market.told.filter((pulse) => pulse.openTime >= windowFrom && pulse.openTime <= openTime);
  const before = [
    ...told.flatMap(({ openTime: heard, last }) => (last && last.ts < heard ? last : [])),
    ...all.filter(({ ts }) => ts >= windowFrom && ts < openTime),
  ].sort((a, b) => a.ts - b.ts || a.seq - b.seq);
  const last = before.at(-1);
  if (!wasHeard || !last) return null;
  const facts =
    all.filter(({ ts }) => ts >= windowFrom && ts < closeTime).length +
    healthyBetween(market, windowFrom, closeTime);
  return modelCandle(market, '1m', openTime, silenceAt(last.price), { ...shares, revision: facts });
}

function modelSpan(
  market: ModelMarket,
  all: readonly TradeRow[],
  minutes: readonly Candle[],
  interval: Interval,
  openTime: number,
): Candle | null {
  const closeTime = openTime + INTERVAL_MS[interval];
  const inside = minutes.filter((minute) => minute.openTime >= openTime && minute.openTime < closeTime);
  const newest = inside.at(-1);
  if (!newest) return null;
  const trades = all.filter(({ ts }) => ts >= openTime && ts < closeTime);
  const healthy = inside.reduce((sum, { coverage }) => sum + Math.round(coverage * 60), 0);
  const expected = INTERVAL_MS[interval] / MINUTE_MS;
  return modelCandle(
    market,
    interval,
    openTime,
    trades.length > 0 ? numbersOf(trades) : silenceAt(newest.close),
    {
      coverage: healthy / (expected * 60),
      complete: inside.length === expected && inside.every(({ complete }) => complete),
      revision: inside.reduce((sum, { revision }) => sum + revision, 0),
    },
  );
}

type Numbers = Pick<
  Candle,
  'open' | 'high' | 'low' | 'close' | 'volume' | 'turnover' | 'buyVolume' | 'trades' | 'vwap' | 'filled'
>;

function numbersOf(trades: readonly TradeRow[]): Numbers {
  const prices = trades.map(({ price }) => price);
  const volume = exactSum(trades.map(({ size }) => [size]));
  const turnover = exactSum(trades.map(({ price, size }) => [price, size]));
  return {
    open: prices[0]!,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices.at(-1)!,
    volume,
    turnover,
    buyVolume: exactSum(trades.filter(({ side }) => side === 'BUY').map(({ size }) => [size])),
    trades: trades.length,
    vwap: turnover / volume,
    filled: false,
  };
}

function silenceAt(price: number): Numbers {
  const prices = { open: price, high: price, low: price, close: price };
  return { ...prices, volume: 0, turnover: 0, buyVolume: 0, trades: 0, vwap: null, filled: true };
}

function modelCandle(
  { venue, symbol }: ModelMarket,
  interval: Interval,
  openTime: number,
  numbers: Numbers,
  shares: Pick<Candle, 'coverage' | 'complete' | 'revision'>,
): Candle {
  const identity = { venue, symbol, interval, openTime, revision: shares.revision };
  return { id: candleId(identity), ...identity, ...numbers, ...shares };
}

function healthyBetween({ healthy }: ModelMarket, fromMs: number, toMs: number): number {
  return [...healthy].filter((second) => second >= fromMs && second < toMs).length;
}

const DECIMALS = 30;

/** Sum of products, with 60 decimals. */
export function exactSum(products: readonly (readonly number[])[]): number {
  let sum = 0n;
  for (const factors of products) {
    let product = 10n ** BigInt(2 * DECIMALS);
    for (const factor of factors) product = (product * decimal(factor)) / 10n ** BigInt(DECIMALS);
    sum += product;
  }
  return Number(`${sum}e-${2 * DECIMALS}`);
}

/** Shortest decimal of a number, times 10^30. */
function decimal(value: number): bigint {
  const [digits = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = digits.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(DECIMALS + Number(exponent) - fraction.length);
}
