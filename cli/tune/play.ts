/** A tape under other rules of strategies and desk: what would have been traded. */

import type { DeskConfig } from '../../schemas/desk-params.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { decide } from '../../transforms/strategies/strategies.ts';
import { type BacktestTrade, DeskRun } from '../backtest/desk-run.ts';
import { regimeAt } from '../backtest/market.ts';
import type { Tape, TapeEntry } from './tape.ts';

export interface PlayOptions {
  readonly params: SignalParams;
  readonly desk: DeskConfig;
  /** Signals of bars that close in (fromMs, toMs] are traded. Unit: ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Positions that are open at `toMs` are held on to their end; else they are in no figure. */
  readonly settles?: boolean;
}

/** Trades by the time of their exit. Pure. */
export function playTape(tape: Tape, options: PlayOptions): BacktestTrade[] {
  const { params, desk, fromMs, toMs, settles = false } = options;
  const trades: BacktestTrade[] = [];
  const rows = new Map<string, FeatureRow>();
  const run = new DeskRun({
    config: desk,
    onEvent: () => undefined,
    onTrade: (trade) => trades.push(trade),
    regimeOf: (pair) => regimeAt(rows.get(pair)),
  });
  const knownFromMs = fromMs - memoryOf(desk);
  let waiting: ScalpSignal[] = [];
  let waitingAt = Number.POSITIVE_INFINITY;
  const tell = () => {
    for (const signal of waiting.sort(byId)) run.take({ kind: 'signal', at: waitingAt, signal });
    waiting = [];
  };
  for (const entry of tape.entries) {
    const { input } = entry;
    // Signals come last within their instant.
    if (waiting.length > 0 && input.at > waitingAt) tell();
    if (input.at > toMs && !(settles && isOpen(run))) break;
    if (input.at < knownFromMs && isOfPrices(input.kind)) continue;
    run.take(input);
    if (input.kind !== 'features') continue;
    rows.set(input.row.pair, input.row);
    waitingAt = input.at;
    if (input.row.closeTime > fromMs && input.row.closeTime <= toMs)
      waiting.push(...decidedOn(entry, input.row, params));
  }
  tell();
  return trades;
}

function decidedOn({ levels }: TapeEntry, row: FeatureRow, params: SignalParams): ScalpSignal[] {
  return levels === undefined ? [] : decide(row, levels, params);
}

/** How long before its first signal a desk must have seen prices: correlation, and the end of SWING positions. Unit: ms. */
function memoryOf({ books }: DeskConfig): number {
  const minutes = Math.max(...books.map(({ risk }) => risk.correlationMinutes));
  const hours = Math.max(...books.map(({ rules }) => rules.swingMaxHours));
  return Math.max(minutes * MINUTE_MS, hours * HOUR_MS) + DAY_MS;
}

function isOfPrices(kind: string): boolean {
  return kind === 'features' || kind === 'snapshot' || kind === 'timer';
}

function isOpen({ state }: DeskRun): boolean {
  return Object.values(state.books).some((book) => book.positions.length > 0);
}

function byId(a: ScalpSignal, b: ScalpSignal): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}
