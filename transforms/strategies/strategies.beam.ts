/** Graph step: scalp signals of each joined minute, while someone may still act on them. */
import type { SignalParams } from '../../schemas/params.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { register } from '../beam.ts';
import type { DecidedMinute } from '../features/features.beam.ts';
import { decide } from './strategies.ts';

export interface DecideConfig {
  readonly params: SignalParams;
  /** Bars that closed by then are history: computed, never traded. Unit: ms since the epoch. */
  readonly emitAfterMs: number;
}

/** Late firings revise the row, not the decision: by then the moment has passed. */
export function* decideSignals(joined: DecidedMinute, config: DecideConfig): Iterable<ScalpSignal> {
  const { row, levels, onTime } = joined;
  if (onTime && row.closeTime > config.emitAfterMs) yield* decide(row, levels, config.params);
}

register('transforms/strategies/strategies', { decideSignals });
