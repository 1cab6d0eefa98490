/**
 * The MACRO engine's decision for one pair at a slot of 15 minutes: its bias, and a swing signal where one engages.
 * Pure: the same candles give the same decision in whatever order, and none that closed after the slot changes it.
 */
import type { Candle } from '../../schemas/candle.ts';
import { InvariantError } from '../../schemas/errors.ts';
import { shortHash } from '../../schemas/hash.ts';
import type { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';
import { floorTo, INTERVAL_MS, type PositionSide, pairOf } from '../../schemas/primitives.ts';
import { lastAtr } from '../../transforms/indicators/atr.ts';
import { canonicalJson } from '../../transforms/strategies/hashes.ts';
import { roundPrice } from '../../transforms/strategies/risk.ts';
import { biasAt, SLOT_MS } from './bias.ts';
import {
  type Judged,
  type MacroView,
  macroView,
  type Reason,
  TIMEFRAMES,
  type Timeframe,
} from './confidence.ts';

export interface MacroDecision {
  readonly bias: MacroBias;
  /** Where a bias engages that did not hold at the slot before; null else. */
  readonly swing: SwingSignal | null;
}

const SWING_TIMEFRAME: Timeframe = '4h';
const ATR_BARS = 14;
/** Reasons named in the one sentence of a swing signal. */
const NAMED_REASONS = 3;

/**
 * The newest slot at or before an instant.
 * @param now Unit: ms since the epoch.
 */
export function slotAt(now: number): number {
  return floorTo(now, SLOT_MS);
}

/** Candles that a decision at the slot looks at, by timeframe: those that open in [fromMs, toMs). Unit: ms. */
export function macroSpans(
  slot: number,
  params: MacroParams,
): { readonly timeframe: Timeframe; readonly fromMs: number; readonly toMs: number }[] {
  // The oldest slot that the bias of the slot before still looks at.
  const oldest = slot - params.bias.expiresAfterMs;
  return TIMEFRAMES.map((timeframe) => {
    const length = INTERVAL_MS[timeframe];
    const fromMs = (Math.floor(oldest / length) - params.indicators.bars) * length;
    return { timeframe, fromMs, toMs: floorTo(slot, length) };
  });
}

/**
 * Decisions over a set of candles, slot by slot; what was worked out for one slot is kept for the next.
 * @param candles Of one symbol, of any intervals and revisions, in any order.
 * @param judged Kept by who decides slot after slot as candles come: what was judged over the bars told before. It is
 * of the same pair and parameters, and begun anew where a bar comes that opens no later than the newest of its interval.
 * @throws InvariantError Where the candles are of several symbols, or a slot is no multiple of 15 minutes.
 */
export function macroOf(
  pair: string,
  candles: readonly Candle[],
  params: MacroParams,
  judged?: Judged,
): (slot: number) => MacroDecision {
  const [first] = candles;
  const stranger = candles.find(({ venue, symbol }) => venue !== first?.venue || symbol !== first.symbol);
  if (stranger || (first && pairOf(first.symbol) !== pair)) {
    throw new InvariantError(`Expected candles of one symbol of ${pair}, got ${(stranger ?? first)?.id}.`);
  }
  const view = macroView(candles, params, judged);
  return (slot) => decide(pair, slot, view, params);
}

function decide(pair: string, slot: number, view: MacroView, params: MacroParams): MacroDecision {
  if (slot % SLOT_MS !== 0) throw new InvariantError(`Expected a slot of whole 15 minutes, got ${slot}.`);
  const held = biasAt(slot, view.confidenceAt, params.bias);
  const reasons = view.reasonsAt(slot).sort((a, b) => b.points - a.points);
  const bias: MacroBias = {
    id: `${pair}:${slot}`,
    pair,
    timestamp: slot,
    bias: held?.side ?? null,
    confidence: view.confidenceAt(slot),
    // That nothing holds is news for as long as that something does.
    expires_at: held?.expiresAt ?? slot + params.bias.expiresAfterMs,
    reasons: reasons.map(reasonText),
  };
  const isNew = held !== null && biasAt(slot - SLOT_MS, view.confidenceAt, params.bias)?.side !== held.side;
  return { bias, swing: isNew ? swingOf(held.side, bias, reasons, view, params) : null };
}

function reasonText({ side, points, text }: Reason): string {
  return side === null ? text : `${side} ${Number(points.toFixed(2))}: ${text}`;
}

/** Null where the price at the slot or the range of 4h bars is unknown: neither is guessed. */
function swingOf(
  side: PositionSide,
  { pair, timestamp, confidence }: MacroBias,
  reasons: readonly Reason[],
  view: MacroView,
  params: MacroParams,
): SwingSignal | null {
  const entry = (view.barsAt('5m', timestamp).at(-1) ?? view.barsAt('15m', timestamp).at(-1))?.close;
  const atr = lastAtr(view.barsAt(SWING_TIMEFRAME, timestamp), ATR_BARS);
  if (entry === undefined || atr === null) return null;
  const { takeProfitAtr, takeProfitMin, takeProfitMax, stopLossShare, expiresAfterMs } = params.swing;
  const distance = Math.min(takeProfitMax, Math.max(takeProfitMin, (takeProfitAtr * atr) / entry));
  const sign = side === 'LONG' ? 1 : -1;
  return {
    id: `${pair}:${side}:${timestamp}`,
    type: 'SWING',
    pair,
    side,
    entry,
    tp: roundPrice(entry * (1 + sign * distance), entry),
    sl: roundPrice(entry * (1 - sign * distance * stopLossShare), entry),
    timestamp,
    expires_at: timestamp + expiresAfterMs,
    confidence,
    signal_reason: sentence(side, confidence, reasons),
    params_hash: shortHash(canonicalJson(params)),
  };
}

function sentence(
  side: PositionSide,
  { long, short }: MacroBias['confidence'],
  reasons: readonly Reason[],
): string {
  const named = reasons.filter((reason) => reason.side === side).slice(0, NAMED_REASONS);
  const points = side === 'LONG' ? long : short;
  return `${side} bias engages at ${points}: ${named.map(({ text }) => text).join(', ')}.`;
}
