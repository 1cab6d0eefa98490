/** The chart of a signal: everything but the bars is frozen in its task. */
import { shortHash } from '../../../schemas/hash.ts';
import type { LevelRole, LevelSet } from '../../../schemas/level-set.ts';
import type { SwingSignal } from '../../../schemas/macro.ts';
import { endPrice, type PositionEvent } from '../../../schemas/position-event.ts';
import { INTERVAL_MS } from '../../../schemas/primitives.ts';
import type { ScalpSignal } from '../../../schemas/scalp-signal.ts';
import { moneyText, moveText, timeText } from '../../texts.ts';
import { barsOf, completeness } from './bars.ts';
import type { Chart, ChartBar, ChartLevel, ChartTrend } from './chart.ts';
import type { ChartFacts } from './facts.ts';
import type { Frame } from './frame.ts';
import { marksOf } from './marks.ts';
import { decimalsOf } from './prices.ts';
import { visitsOf } from './visits.ts';

type Signal = ScalpSignal | SwingSignal;

export function signalChart(facts: ChartFacts, signal: Signal): Chart {
  const { task, frame } = facts;
  const { pair, side, entry, tp, sl, timestamp, signal_reason: reason } = signal;
  const { exit } = task;
  const bars = barsOf(facts.candles, frame);
  const before = bars.filter((bar) => bar.openTime + INTERVAL_MS[frame.interval] <= timestamp);
  const seen = endingAt(before, timestamp, frame);
  const known = facts.levels !== null && facts.levels.asOf <= timestamp ? facts.levels : null;
  return {
    frame,
    pair,
    side,
    badge: exit === null ? null : badgeOf(exit, entry),
    facts: [headline(signal), conditions(signal, frame)],
    warning: null,
    marks: signal.type === 'SCALP' ? marksOf(signal, seen) : [],
    bars,
    levels: levelsOf(signal, known, before, frame),
    trends: trendsOf(signal, known),
    trades: [{ side, entry, tp, sl, from: timestamp, until: exit?.ts ?? null }],
    signalAt: timestamp,
    hasSignalBar: seen.length > 0,
    exit: exit && { at: exit.ts, price: endPrice(exit), isWin: exit.pnl === null ? null : exit.pnl >= 0 },
    lastPrice: null,
    decimals: decimalsOf(bars.length > 0 ? bars.flatMap((bar) => [bar.high, bar.low]) : [entry, tp, sl]),
    reason,
    footer: `#${shortHash(task.signalId ?? signal.id).slice(0, 8)} · ${completeness(bars, frame)}`,
  };
}

function headline(signal: Signal): string {
  if (signal.type === 'SWING') {
    const weight = signal.side === 'LONG' ? signal.confidence.long : signal.confidence.short;
    return `SWING · confidence ${Math.round(weight)} of 100`;
  }
  const { strategy, variant, confidence, leverage } = signal;
  const name = variant === 'default' ? strategy : `${strategy} · ${variant}`;
  return `${name} · confidence ${Math.round(confidence * 100)} % · ${leverage}×`;
}

function conditions({ entry, tp, sl, timestamp, side }: Signal, { interval }: Frame): string {
  const toward = side === 'LONG' ? 1 : -1;
  const [gain, loss] = [toward * (tp / entry - 1), toward * (sl / entry - 1)];
  return `${timeText(timestamp)} · ${interval} · TP ${moveText(gain)} · SL ${moveText(loss)}`;
}

function badgeOf(exit: PositionEvent, entry: number): Chart['badge'] {
  const { exit: how, pnl, side } = exit;
  const price = endPrice(exit);
  const toward = side === 'LONG' ? 1 : -1;
  const move = price === null ? '' : ` ${moveText(toward * (price / entry - 1))}`;
  const net = pnl === null ? '' : ` · net ${moneyText(pnl)}`;
  return { text: `${how ?? 'CLOSED'}${move}${net}`, isGood: pnl === null ? null : pnl >= 0 };
}

/** The bars up to the signal's own; none where that one is not known. */
function endingAt(before: readonly ChartBar[], timestamp: number, { interval }: Frame): readonly ChartBar[] {
  const last = before.at(-1);
  return last !== undefined && timestamp - last.openTime < 2 * INTERVAL_MS[interval] ? before : [];
}

/** Those of the signal; their touches as the levels of that time have them. Of a swing, those of that time. */
function levelsOf(
  signal: Signal,
  known: LevelSet | null,
  before: readonly ChartBar[],
  frame: Frame,
): ChartLevel[] {
  if (signal.type === 'SWING') return shownLevels(known, before, frame);
  const tagged = signal.entry_conditions_met;
  const level = (role: LevelRole) => (price: number) => {
    const same = known?.levels.find((each) => each.price === price && each.role === role);
    const told = tagged.level_price === price ? tagged.level_touches : null;
    const touches = typeof told === 'number' ? told : (same?.touches ?? null);
    return { price, role, touches, visits: visitsOf(before, price, role, frame.interval) };
  };
  return [...signal.support.map(level('SUPPORT')), ...signal.resistance.map(level('RESISTANCE'))];
}

export function shownLevels(
  set: LevelSet | null,
  bars: readonly ChartBar[],
  { interval }: Frame,
): ChartLevel[] {
  return (set?.levels ?? []).map(({ price, role, touches }) => ({
    price,
    role,
    touches,
    visits: visitsOf(bars, price, role, interval),
  }));
}

function trendsOf(signal: Signal, known: LevelSet | null): ChartTrend[] {
  if (signal.type === 'SWING') return shownTrends(known);
  return signal.trend === null ? [] : [{ ...signal.trend, anchor: signal.timestamp }];
}

export function shownTrends(set: LevelSet | null): ChartTrend[] {
  return [set?.trendlineHigh ?? null, set?.trendlineLow ?? null].filter((line) => line !== null);
}
