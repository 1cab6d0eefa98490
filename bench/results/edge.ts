/** What trades and signals are worth in basis points of their notional, with what chance makes of it. */
import type { BacktestTrade } from '../../cli/backtest/desk-run.ts';
import { Random } from '../../connectors/random.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { bootstrapMean, type Interval } from '../../transforms/performance/bootstrap.ts';
import { meanOf } from '../../transforms/performance/statistics.ts';
import { RULE, type RuleMarket } from '../backtest-rule.ts';

const SEED = 1;
const SHIFTS = 1_000;
const BPS = 1e4;

/** Parts of a result, each in bps of the notional at entry; net = moved − slippage − fees + funding. */
export interface Parts {
  /** What the price did between the prices that were meant, before any cost. */
  readonly moved: number;
  readonly slippage: number;
  readonly fees: number;
  readonly funding: number;
  readonly net: number;
}

export function partsOf({ gross, slippageCost, fees, funding, net, entry, size }: BacktestTrade): Parts {
  const bps = (amount: number) => (BPS * amount) / (entry * size);
  return {
    moved: bps(gross + slippageCost),
    slippage: bps(slippageCost),
    fees: bps(fees),
    funding: bps(funding),
    net: bps(net),
  };
}

export function meanParts(trades: readonly BacktestTrade[]): Parts {
  const all = trades.map(partsOf);
  const mean = (part: keyof Parts) => meanOf(all.map((each) => each[part]));
  const [moved, slippage, fees, funding, net] = [
    mean('moved'),
    mean('slippage'),
    mean('fees'),
    mean('funding'),
    mean('net'),
  ];
  return { moved, slippage, fees, funding, net };
}

/** Null where there are too few. @param values By time. */
export function intervalOf(values: readonly number[]): Interval | null {
  const random = new Random(SEED);
  return bootstrapMean(values, { random: () => random.next() });
}

/**
 * Where a trade from the close of bar `at` would end, all prices being free: SL first, then TP, then the close after an hour.
 * Unit: bps of its side; null where the bars end before.
 */
function outcomeOf(market: RuleMarket, at: number, signal: ScalpSignal): number | null {
  const entry = market.close[at]!;
  const direction = signal.side === 'LONG' ? 1 : -1;
  const tp = Math.abs(signal.tp / signal.entry - 1);
  const sl = Math.abs(signal.sl / signal.entry - 1);
  for (let i = at + 1; i <= at + RULE.minutes; i++) {
    const [high, low] = [market.high[i], market.low[i]];
    if (high === undefined || low === undefined) return null;
    const best = direction * ((direction > 0 ? high : low) / entry - 1);
    const worst = direction * ((direction > 0 ? low : high) / entry - 1);
    if (worst <= -sl) return -sl * BPS;
    if (best > tp) return tp * BPS;
  }
  return direction * (market.close[at + RULE.minutes]! / entry - 1) * BPS;
}

export interface SignalEdge {
  readonly signals: number;
  readonly won: number;
  readonly interval: Interval;
  /** Of the same signals of each pair, moved together to other times of the month. */
  readonly chance: { readonly mean: number; readonly low: number; readonly high: number };
  /** Share of those moves that did as well or better. */
  readonly asGood: number;
}

/** Signals by themselves: no desk, no costs, each one traded, though others are open. @param signals By time. */
export function signalEdge(
  signals: readonly ScalpSignal[],
  markets: readonly RuleMarket[],
): SignalEdge | null {
  const bySymbol = new Map(markets.map((market) => [market.symbol, market]));
  const placed = signals.map((signal) => {
    const market = bySymbol.get(signal.symbol)!;
    return { signal, market, at: (signal.timestamp - market.time[0]!) / MINUTE_MS - 1 };
  });
  const outcomes = (shift: ReadonlyMap<string, number>) =>
    placed.flatMap(({ signal, market, at }) => {
      const moved = (at + (shift.get(signal.symbol) ?? 0)) % market.time.length;
      return outcomeOf(market, moved, signal) ?? [];
    });
  const own = outcomes(new Map());
  const interval = intervalOf(own);
  if (interval === null) return null;
  const random = new Random(SEED);
  const means = Array.from({ length: SHIFTS }, () => {
    const shifts = markets.map(
      ({ symbol, time }) => [symbol, Math.floor(random.next() * time.length)] as const,
    );
    return meanOf(outcomes(new Map(shifts)));
  }).sort((a, b) => a - b);
  const [low, high] = [means[Math.floor(0.025 * SHIFTS)]!, means[Math.ceil(0.975 * SHIFTS) - 1]!];
  return {
    signals: own.length,
    won: own.filter((bps) => bps > 0).length,
    interval,
    chance: { mean: meanOf(means), low, high },
    asGood: means.filter((mean) => mean >= interval.mean).length / SHIFTS,
  };
}
