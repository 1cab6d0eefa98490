/** Holds the decisions of the engine to those of the naive oracle. */
import { expect } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import type { SwingSignal } from '../../schemas/macro.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';
import { pairOf } from '../../schemas/primitives.ts';
import { type ModelState, macroModel } from './macro.model.ts';
import { type MacroDecision, macroOf } from './macro.ts';

/** @param slots In a row; before the first one nothing was engaged. @returns The decisions. */
export function expectAsModel(
  candles: readonly Candle[],
  slots: readonly number[],
  params: MacroParams,
): MacroDecision[] {
  const decide = macroOf(pairOf(candles[0]!.symbol), candles, params);
  const decisions: MacroDecision[] = [];
  for (const state of macroModel(candles, slots, params)) {
    const { bias, swing } = decide(state.slot);
    const { long, short, engagedLast } = state;
    expect({ ...bias.confidence, bias: bias.bias }).toEqual({ long, short, bias: state.bias });
    const since = engagedLast ?? state.slot;
    expect(bias.expires_at).toBe(since + params.bias.expiresAfterMs);
    expectSameSwing(swing, state.swing, params);
    decisions.push({ bias, swing });
  }
  return decisions;
}

function expectSameSwing(got: SwingSignal | null, wanted: ModelState['swing'], params: MacroParams): void {
  expect(got?.side ?? null).toBe(wanted?.side ?? null);
  if (got === null || wanted === null) return;
  const sign = got.side === 'LONG' ? 1 : -1;
  expect(got.entry).toBe(wanted.entry);
  // Prices are rounded to a millionth.
  expect(sign * (got.tp / got.entry - 1)).toBeCloseTo(wanted.distance, 5);
  expect(sign * (1 - got.sl / got.entry)).toBeCloseTo(wanted.distance * params.swing.stopLossShare, 5);
}
