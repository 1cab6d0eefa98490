/** Small markets with signals, for the backtest: two pairs, an hour and a half across a funding, holes, gaps and crashes. */
import fc from 'fast-check';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ModelBar, ModelFunding, ModelParams, ModelSignal } from './backtest.model.ts';
import type { Given } from './engines.ts';
import type { Tables } from './seeded.ts';
import { iso, randomOf } from './seeded-market.ts';

export interface Case {
  readonly bars: readonly ModelBar[];
  readonly signals: readonly ModelSignal[];
  readonly fundings: readonly ModelFunding[];
  readonly params: ModelParams;
}

/** 07:20, so that 08:00 is in the middle. */
export const FROM = Date.UTC(2025, 5, 1, 7, 20);
const MINUTES = 90;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;

/** Coarse, so that prices meet barriers exactly. */
const onTick = (price: number) => Math.round(price * 2) / 2;

const PARAMS: fc.Arbitrary<ModelParams> = fc.record({
  takeProfit: fc.constantFrom(0, 0.002, 0.004),
  stopLoss: fc.constantFrom(0, 0.003),
  timeoutMin: fc.constantFrom(3, 10, 20),
  lateMin: fc.constantFrom(1, 3),
  cooldownMin: fc.constantFrom(0, 2, 7),
  entryDelayMs: fc.constantFrom(0, 0, 250, 60_000),
  entrySlippage: fc.constantFrom(0, 0.0002),
  exitSlippage: fc.constantFrom(0, 0.0005),
  makerFee: fc.constantFrom(0.0002, -0.0001),
  takerFee: fc.constant(0.0006),
  maintenanceMargin: fc.constant(0.005),
  fundingRate: fc.constantFrom(null, null, 0.0003),
});

export const CASES: fc.Arbitrary<Case> = fc
  .record({ seed: fc.integer({ min: 1, max: 1e9 }), params: PARAMS })
  .map(({ seed, params }) => {
    const random = randomOf(seed);
    const bars = SYMBOLS.flatMap((symbol) => barsOf(symbol, random));
    return { bars, signals: signalsOf(bars, random), fundings: fundingsOf(random), params };
  });

function barsOf(symbol: string, random: () => number): ModelBar[] {
  let price = 1_000;
  return Array.from({ length: MINUTES }, (_, i): ModelBar => {
    const jump = random() < 0.02 ? (random() < 0.5 ? 0.97 : 1.03) : 1;
    const open = price * jump;
    const close = open * (1 + (random() - 0.5) * 0.003);
    const high = Math.max(open, close) * (1 + random() * 0.001);
    const low = Math.min(open, close) * (1 - random() * 0.001);
    price = close;
    const [o, h, l, c] = [open, high, low, close].map(onTick) as [number, number, number, number];
    return { symbol, openTime: FROM + i * MINUTE_MS, open: o, high: h, low: l, close: c };
  }).filter(() => random() > 0.03);
}

function signalsOf(bars: readonly ModelBar[], random: () => number): ModelSignal[] {
  return bars
    .filter(() => random() < 0.15)
    .flatMap((bar) => (random() < 0.2 ? [bar, bar] : [bar]))
    .map((bar, i): ModelSignal => {
      const side = random() < 0.5 ? 'LONG' : 'SHORT';
      const sign = side === 'LONG' ? 1 : -1;
      const ts = bar.openTime + MINUTE_MS;
      return {
        id: `${String(i).padStart(3, '0')}:${bar.symbol}:${ts}`,
        strategy: 'champion',
        symbol: bar.symbol,
        side,
        ts,
        entry: bar.close,
        tp: onTick(bar.close * (1 + sign * 0.003)),
        sl: onTick(bar.close * (1 - sign * 0.0025)),
        leverage: random() < 0.2 ? 50 : 10,
      };
    });
}

/** Of BTCUSDT most of the time; of ETHUSDT too early to be counted on. */
function fundingsOf(random: () => number): ModelFunding[] {
  const due = Date.UTC(2025, 5, 1, 8);
  const seen = (symbol: string, beforeMs: number) => ({
    symbol,
    ts: due - beforeMs,
    rate: random() / 1_000,
    price: 1_001,
  });
  const known =
    random() < 0.8 ? [seen('BTCUSDT', 30_000), seen('BTCUSDT', 1_000), seen('BTCUSDT', 90_000)] : [];
  return [...known, seen('ETHUSDT', 700_000), { ...seen('BTCUSDT', 0), rate: 1 }];
}

export function givenOf(params: ModelParams): Given {
  return {
    take_profits: [params.takeProfit],
    stop_losses: [params.stopLoss],
    timeouts_min: [params.timeoutMin],
    late_min: params.lateMin,
    cooldown_min: params.cooldownMin,
    entry_delay_ms: params.entryDelayMs,
    entry_slippage: params.entrySlippage,
    exit_slippage: params.exitSlippage,
    maker_fee: params.makerFee,
    taker_fee: params.takerFee,
    maintenance_margin: params.maintenanceMargin,
    funding_rate: params.fundingRate,
  };
}

/** As rows of history, in wire form; only what the backtest reads. */
export function tablesOfCase({ bars, signals, fundings }: Case): Partial<Tables> {
  return {
    candles: bars.map(({ symbol, openTime, ...prices }) => ({
      id: `${symbol}:${openTime}`,
      venue: 'bybit',
      symbol,
      interval: '1m',
      openTime: iso(openTime),
      ...prices,
      volume: 1,
      coverage: 1,
      filled: false,
      complete: true,
      revision: 1,
    })),
    scalp_signals: signals.map(({ ts, symbol, ...signal }) => ({
      ...signal,
      venue: 'bybit',
      symbol,
      pair: symbol,
      variant: 'default',
      timestamp: iso(ts),
      expires_at: iso(ts + 300_000),
      confidence: 0.5,
      inputs_hash: '',
    })),
    book_snapshots: fundings.map(({ symbol, ts, rate, price }) => ({
      id: `${symbol}:${ts}`,
      venue: 'bybit',
      symbol,
      ts: iso(ts),
      fundingRate: rate,
      markPrice: price,
      connected: true,
      publishedTrades: 1,
    })),
  };
}
