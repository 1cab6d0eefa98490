/** What the graph and a plain desk made of the seeded market: levels, features, signals, biases, decisions and trades. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { type Bar, iso, MINUTES, type Random, type Row, START, SYMBOLS } from './seeded-market.ts';
import { deskOf, type Signal } from './seeded-trades.ts';

const QUARTER_MS = 15 * MINUTE_MS;

export type DeskRows = Readonly<
  Record<
    'levels' | 'features' | 'scalp_signals' | 'macro_bias' | 'swing_signals' | 'position_events',
    readonly Row[]
  >
>;

export function seededDesk(bars: readonly Bar[], random: Random): DeskRows {
  const signals = SYMBOLS.flatMap((symbol) =>
    signalsOf(
      bars.filter((bar) => bar.symbol === symbol),
      random,
    ),
  );
  const rows = signals.map((signal) => signalRow(signal, random));
  return {
    levels: SYMBOLS.flatMap((symbol) => levelsOf(bars.filter((bar) => bar.symbol === symbol))),
    features: bars.map((bar, i) => featureRow(bar, i)),
    scalp_signals: [...rows, ...rows.slice(0, 2)],
    macro_bias: SYMBOLS.flatMap(biases),
    swing_signals: [0, 1, 1].map((n) => swingRow(n)),
    position_events: SYMBOLS.flatMap((symbol) =>
      deskOf(
        signals.filter((signal) => signal.symbol === symbol),
        bars.filter((bar) => bar.symbol === symbol),
        biasAt,
      ),
    ).flatMap((event, i) => (i % 7 === 0 ? [event, event] : [event])),
  };
}

/** On complete bars, some minutes apart; now and then both strategies at once. */
function signalsOf(bars: readonly Bar[], random: Random): Signal[] {
  const signals: Signal[] = [];
  for (let at = 10; at < bars.length - 8; at += 3 + Math.floor(random() * 9)) {
    const bar = bars[at]!;
    if (!bar.complete) continue;
    const strategies =
      random() < 0.2 ? ['champion', 'sr-exhaustion'] : [random() < 0.5 ? 'champion' : 'sr-exhaustion'];
    signals.push(...strategies.map((strategy) => signalOf(bar, strategy, random)));
  }
  return signals;
}

function signalOf({ symbol, close, openTime }: Bar, strategy: string, random: Random): Signal {
  const side = random() < 0.5 ? 'LONG' : 'SHORT';
  const sign = side === 'LONG' ? 1 : -1;
  const ts = openTime + MINUTE_MS;
  return {
    id: `${strategy}:default:${symbol}:${side}:${ts}`,
    strategy,
    symbol,
    side,
    ts,
    entry: close,
    tp: close * (1 + sign * 0.003),
    sl: close * (1 - sign * 0.002),
  };
}

function signalRow(signal: Signal, random: Random): Row {
  const { id, strategy, symbol, side, entry, tp, sl, ts } = signal;
  return {
    id,
    type: 'SCALP',
    strategy,
    variant: 'default',
    venue: 'bybit',
    symbol,
    pair: symbol,
    side,
    entry,
    tp,
    sl,
    support: [entry * 0.999],
    resistance: [],
    trend: null,
    timestamp: iso(ts),
    expires_at: iso(ts + 300_000),
    confidence: Math.round(random() * 100) / 100,
    exhaustion_checks: {
      volume_drop: true,
      double_wick: random() < 0.5,
      rsi_extreme: true,
      order_book_flip: false,
    },
    signal_reason: "It's “so”.",
    entry_conditions_met: { near: true },
    atr: 10,
    leverage: 10,
    params_hash: '0123456789abcdef',
    inputs_hash: 'fedcba9876543210',
  };
}

function featureRow(bar: Bar, i: number): Row {
  const { symbol, openTime, open, high, low, close, volume } = bar;
  const checks = { volume_drop: true, double_wick: false, rsi_extreme: false, order_book_flip: false };
  const asOf = Math.floor(openTime / QUARTER_MS) * QUARTER_MS;
  const hasLevels = asOf > START;
  return {
    id: `bybit:${symbol}:${openTime}:1`,
    venue: 'bybit',
    symbol,
    pair: symbol,
    openTime: iso(openTime),
    closeTime: iso(openTime + MINUTE_MS),
    open,
    high,
    low,
    close,
    volume,
    rsi7: i % 100,
    rsi14: 50,
    volumeEma20: 1,
    volumeRatio: volume,
    volumeSpike: volume,
    bookImbalance60s: null,
    bookImbalance10s: 0.1,
    divergence: null,
    checksLong: checks,
    checksShort: checks,
    voided: false,
    levelsAsOf: hasLevels ? iso(asOf) : null,
    nearestSupport: hasLevels ? close * 0.999 : null,
    nearestResistance: null,
    trend: hasLevels ? ['UP', 'DOWN', 'RANGING'][i % 3] : null,
    atr: i % 50 === 0 ? null : [10, 4, 25][i % 3],
    atrBaseline: 10,
    priceDeviation: null,
    coverage: bar.complete ? 1 : 0.5,
    suppressions: bar.complete ? [] : ['INCOMPLETE'],
    revision: 1,
  };
}

function levelsOf(bars: readonly Bar[]): Row[] {
  return Array.from({ length: MINUTES / 15 - 1 }, (_, i) => START + (i + 1) * QUARTER_MS).flatMap((asOf) => {
    const { symbol, close } = bars.findLast(({ openTime }) => openTime < asOf)!;
    const level = (share: number, role: string) => ({
      price: Math.round(close * share * 10) / 10,
      role,
      strength: 0.5,
      touches: 3,
      recentTouches: 2,
      firstTouch: iso(asOf - QUARTER_MS),
      lastTouch: iso(asOf - QUARTER_MS),
      volume: 3,
      flipped: false,
      confluence: ['ROUND_NUMBER'],
    });
    const set = {
      id: `${symbol}:${asOf}:2`,
      venue: 'bybit',
      symbol,
      pair: symbol,
      asOf: iso(asOf),
      levels: [level(1.001, 'RESISTANCE'), level(0.999, 'SUPPORT'), level(1.004, 'RESISTANCE')],
      trendlineHigh: { slope: -1.5, intercept: close, anchor: iso(asOf), r2: 0.8, swings: 5, lookback: 50 },
      trendlineLow: null,
      trend: 'DOWN',
      pointOfControl: close,
      atr: 10,
      atrBaseline: 9,
      candles: 60,
      complete: true,
      revision: 2,
    };
    return [set, { ...set, id: `${symbol}:${asOf}:1`, revision: 1, levels: [] }];
  });
}

/** LONG on BTCUSDT from 08:30 to 09:00. */
function biases(pair: string): Row[] {
  return Array.from({ length: MINUTES / 15 }, (_, i) => START + i * QUARTER_MS).map((ts) => ({
    id: `${pair}:${ts}`,
    pair,
    timestamp: iso(ts),
    bias: biasAt(pair, ts),
    confidence: { long: 50, short: 10 },
    expires_at: iso(ts + 4 * 3_600_000),
    reasons: ['EMA'],
  }));
}

function biasAt(pair: string, ts: number): string | null {
  const minute = Math.floor((ts - START) / QUARTER_MS) * 15;
  return pair === 'BTCUSDT' && minute >= 150 && minute < 180 ? 'LONG' : null;
}

function swingRow(n: number): Row {
  const ts = START + n * QUARTER_MS;
  return {
    id: `BTCUSDT:LONG:${ts}`,
    type: 'SWING',
    pair: 'BTCUSDT',
    side: 'LONG',
    entry: 60_000,
    tp: 61_000,
    sl: 59_000,
    timestamp: iso(ts),
    expires_at: iso(ts + 900_000),
    confidence: { long: 90, short: 5 },
    signal_reason: 'Why.',
    params_hash: 'x',
  };
}
