/** Signals and events as tests tell them. */
import type { SwingSignal } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { Told } from './thread.ts';

export const START = Date.UTC(2024, 2, 1, 12);

/** The `n`th signal of a pair. */
export function scalp(n: number, pair = 'BTCUSDT', changes: Partial<ScalpSignal> = {}): ScalpSignal {
  const timestamp = START + n * 60_000;
  return {
    id: `sr-exhaustion:default:${pair}:LONG:${timestamp}`,
    type: 'SCALP',
    strategy: 'sr-exhaustion',
    variant: 'default',
    venue: 'bybit',
    symbol: pair,
    pair,
    side: 'LONG',
    entry: 61_000,
    tp: 61_305,
    sl: 60_695,
    support: [60_950.5, 60_500],
    resistance: [61_400],
    trend: { slope: 12.5, intercept: 60_800, r2: 0.83 },
    timestamp,
    expires_at: timestamp + 300_000,
    confidence: 0.72,
    exhaustion_checks: { volume_drop: true, double_wick: false, rsi_extreme: true, order_book_flip: false },
    signal_reason: 'Support 60950.5 held (3 touches) & volume < 0.75 × EMA20',
    entry_conditions_met: { touches: 3 },
    atr: 120,
    leverage: 10,
    params_hash: '0123456789abcdef',
    inputs_hash: 'fedcba9876543210',
    ...changes,
  };
}

export function position(signal: ScalpSignal, changes: Partial<PositionEvent> = {}): PositionEvent {
  const kind = changes.kind ?? 'ENTRY';
  return {
    id: `${signal.id}:${kind}`,
    kind,
    signalId: signal.id,
    pair: signal.pair,
    side: signal.side,
    ts: signal.timestamp + 2_000,
    price: 61_000,
    size: 0.16,
    refusal: null,
    exit: null,
    fees: 1.2,
    funding: 0,
    pnl: null,
    reason: 'entered',
    ...changes,
  };
}

export const exitOf = (signal: ScalpSignal, changes: Partial<PositionEvent> = {}): PositionEvent =>
  position(signal, {
    kind: 'EXIT',
    exit: 'TP',
    price: 61_305,
    pnl: 43.21,
    ts: signal.timestamp + 600_000,
    ...changes,
  });

/** A SHORT idea from 61,000. */
export const SWING: SwingSignal = {
  id: `BTCUSDT:SHORT:${START}`,
  type: 'SWING',
  pair: 'BTCUSDT',
  side: 'SHORT',
  entry: 61_000,
  tp: 60_000,
  sl: 61_610,
  timestamp: START,
  expires_at: START + 3_600_000,
  confidence: { long: 5, short: 85 },
  signal_reason: 'EMA cross on 4h',
  params_hash: 'p',
};

export const swingEnd = (changes: Partial<PositionEvent> = {}): PositionEvent => ({
  id: `${SWING.id}:EXIT`,
  kind: 'EXIT',
  signalId: SWING.id,
  pair: SWING.pair,
  side: SWING.side,
  ts: START + 4 * 3_600_000,
  price: null,
  size: null,
  refusal: null,
  exit: 'TP',
  fees: null,
  funding: null,
  pnl: null,
  reason: 'it reached its TP',
  numbers: { entry: 61_000, price: 60_000 },
  ...changes,
});

export const tell = {
  swing: (event: SwingSignal): Told => ({ kind: 'swing', event }),
  scalp: (event: ScalpSignal): Told => ({ kind: 'scalp', event }),
  position: (event: PositionEvent): Told => ({ kind: 'position', event }),
};
