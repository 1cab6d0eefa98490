/** A small market made of a seed: four hours of two symbols, with a hole, a late revision, a silent minute and copies. */
import { INTERVAL_MS, type Interval, MINUTE_MS } from '../../schemas/primitives.ts';

export type Row = Readonly<Record<string, unknown>>;
export type Random = () => number;

export const START = Date.UTC(2025, 5, 1, 6);
export const MINUTES = 240;
export const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;
export const iso = (ms: number) => new Date(ms).toISOString();

/** What is wrong in the market, by minute; each has its entry in the ledger. */
const SILENT = { BTCUSDT: 30, ETHUSDT: 31 };
export const INCOMPLETE = { BTCUSDT: 50, ETHUSDT: null };
export const RECOVERED = { BTCUSDT: null, ETHUSDT: 100 };
export const MISSING = { BTCUSDT: null, ETHUSDT: 150 };
const TICKS_KEPT = 12;

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Bar {
  readonly symbol: string;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly buyVolume: number;
  readonly turnover: number;
  readonly trades: number;
  readonly complete: boolean;
}

interface Tick {
  readonly ts: number;
  readonly price: number;
  readonly size: number;
  readonly isBuy: boolean;
}

export interface Market {
  /** 1m bars as they ended, by symbol then time; the missing minute is not among them. */
  readonly bars: readonly Bar[];
  readonly rows: Readonly<Record<'candles' | 'ticks', readonly Row[]>>;
}

export function seededMarket(random: Random): Market {
  const bars: Bar[] = [];
  const ticks: Row[] = [];
  for (const symbol of SYMBOLS) {
    let price = symbol === 'BTCUSDT' ? 60_000 : 3_000;
    for (let minute = 0; minute < MINUTES; minute++) {
      const openTime = START + minute * MINUTE_MS;
      const trades = minute === SILENT[symbol] ? [] : ticksOf(random, openTime, price);
      if (minute !== MISSING[symbol])
        bars.push(barOf(symbol, openTime, price, trades, minute !== INCOMPLETE[symbol]));
      if (minute < TICKS_KEPT)
        ticks.push(...trades.map((tick, i) => tickRow(symbol, tick, minute * 100 + i)));
      price = trades.at(-1)?.price ?? price;
    }
  }
  const candles = [...bars.flatMap(revisionsOf), ...rollUps(bars)];
  return {
    bars,
    rows: {
      candles: [...candles, ...candles.slice(0, 5)],
      ticks: [...ticks, ...ticks.slice(3, 6)],
    },
  };
}

function ticksOf(random: Random, openTime: number, price: number): Tick[] {
  let last = price;
  return Array.from({ length: 3 + Math.floor(random() * 3) }, (_, i) => {
    last = Math.round(last * (1 + (random() - 0.5) * 0.002) * 10) / 10;
    const ts = openTime + i * 9_000 + Math.floor(random() * 3) * 3_000;
    return { ts, price: last, size: Math.ceil(random() * 1000) / 1000, isBuy: random() < 0.5 };
  });
}

function barOf(
  symbol: string,
  openTime: number,
  price: number,
  ticks: readonly Tick[],
  complete: boolean,
): Bar {
  const prices = ticks.length > 0 ? ticks.map((tick) => tick.price) : [price];
  const sum = (value: (tick: Tick) => number) => ticks.reduce((total, tick) => total + value(tick), 0);
  return {
    symbol,
    openTime,
    complete,
    trades: ticks.length,
    open: prices[0]!,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices.at(-1)!,
    volume: sum(({ size }) => size),
    buyVolume: sum(({ size, isBuy }) => (isBuy ? size : 0)),
    turnover: sum((tick) => tick.price * tick.size),
  };
}

function candleRow(bar: Bar, interval: Interval, revision: number, coverage = bar.complete ? 1 : 0.5): Row {
  const { symbol, openTime, volume, turnover, complete, ...rest } = bar;
  return {
    id: `bybit:${symbol}:${interval}:${openTime}:${revision}`,
    venue: 'bybit',
    symbol,
    interval,
    openTime: iso(openTime),
    ...rest,
    volume,
    turnover,
    vwap: volume === 0 ? null : turnover / volume,
    coverage,
    filled: volume === 0,
    complete: complete && coverage === 1,
    revision,
  };
}

/** Most have one; the recovered minute was incomplete first, every ninth was published thinner before. */
function revisionsOf(bar: Bar): Row[] {
  const minute = (bar.openTime - START) / MINUTE_MS;
  const best = candleRow(bar, '1m', 1_000_060 + bar.trades);
  const isRecovered = RECOVERED[bar.symbol as keyof typeof RECOVERED] === minute;
  if (!isRecovered && minute % 9 !== 4) return [best];
  return [
    best,
    candleRow({ ...bar, close: bar.open, high: Math.max(bar.open, bar.low) }, '1m', 1_000_030, 0.5),
  ];
}

function rollUps(bars: readonly Bar[]): Row[] {
  return (['5m', '15m', '1h'] as const).flatMap((interval) => {
    const length = INTERVAL_MS[interval];
    const groups = Map.groupBy(
      bars,
      ({ symbol, openTime }) => `${symbol} ${Math.floor(openTime / length) * length}`,
    );
    return [...groups].map(([key, minutes]) => {
      const [symbol = '', openTime = ''] = key.split(' ');
      const sum = (value: (bar: Bar) => number) => minutes.reduce((total, bar) => total + value(bar), 0);
      const complete = minutes.length * MINUTE_MS === length && minutes.every((bar) => bar.complete);
      const rolled: Bar = {
        symbol,
        openTime: Number(openTime),
        complete,
        open: minutes[0]!.open,
        close: minutes.at(-1)!.close,
        high: Math.max(...minutes.map((bar) => bar.high)),
        low: Math.min(...minutes.map((bar) => bar.low)),
        volume: sum((bar) => bar.volume),
        buyVolume: sum((bar) => bar.buyVolume),
        turnover: sum((bar) => bar.turnover),
        trades: sum((bar) => bar.trades),
      };
      return candleRow(rolled, interval, 1_000_000 + rolled.trades);
    });
  });
}

function tickRow(symbol: string, { ts, price, size, isBuy }: Tick, seq: number): Row {
  const id = `bybit:${symbol}:${seq}`;
  return {
    id,
    venue: 'bybit',
    symbol,
    tradeId: String(seq),
    seq,
    ts: iso(ts),
    price,
    size,
    side: isBuy ? 'BUY' : 'SELL',
  };
}
