/** Tasks, candles and facts of charts for tests, of which only what matters need be said. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { Candle } from '../../schemas/candle.ts';
import type { ChartTask } from '../../schemas/chart-task.ts';
import type { SwingSignal } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { INTERVAL_MS, type Interval } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { candle } from '../../transforms/candle.fixture.ts';
import { randomOf } from '../../transforms/features/minutes.fixture.ts';
import type { ChartFacts } from './content/facts.ts';
import { marketFrame, signalFrame } from './content/frame.ts';

/** Close of the signal's bar. */
export const AT = Date.UTC(2025, 5, 3, 14, 25);
export const MINUTE = 60_000;

interface Walk {
  readonly interval?: Interval;
  readonly bars: number;
  /** Close of the last bar. */
  readonly end?: number;
  readonly price?: number;
  readonly tick?: number;
  /** Share of price that a bar moves at most. */
  readonly step?: number;
  readonly seed?: number;
}

/** A walk of prices on a tick that ends at `price`; the same for the same seed. */
export function walk(known: Walk): Candle[] {
  const { interval = '1m', bars, end = AT, price = 104_250, tick = 0.1, step = 0.0008, seed = 7 } = known;
  const random = randomOf(seed);
  const onTick = (value: number) => Number((Math.round(value / tick) * tick).toFixed(10));
  const length = INTERVAL_MS[interval];
  const candles: Candle[] = [];
  for (let i = 0, close = price; i < bars; i++) {
    const open = onTick(close * (1 + (random() - 0.5) * step));
    const high = onTick(Math.max(open, close) * (1 + random() * step * 0.4));
    const low = onTick(Math.min(open, close) * (1 - random() * step * 0.4));
    const volume = Math.round(1 + random() ** 3 * 400) / 10;
    const openTime = end - (i + 1) * length;
    candles.push(candle({ interval, openTime, open, high, low, close: onTick(close), volume }));
    close = open;
  }
  return candles.reverse();
}

export function scalp(known: Partial<ScalpSignal> = {}): ScalpSignal {
  const { side = 'LONG', entry = 104_250, pair = 'BTCUSDT', timestamp = AT } = known;
  const toward = side === 'LONG' ? 1 : -1;
  return {
    id: `sr-exhaustion:default:${pair}:${side}:${timestamp}`,
    type: 'SCALP',
    strategy: 'sr-exhaustion',
    variant: 'default',
    venue: 'bybit',
    symbol: 'BTCUSDT',
    pair,
    side,
    entry,
    tp: entry * (1 + toward * 0.005),
    sl: entry * (1 - toward * 0.005),
    support: [],
    resistance: [],
    trend: null,
    timestamp,
    expires_at: timestamp + 5 * MINUTE,
    confidence: 0.72,
    exhaustion_checks: { volume_drop: true, double_wick: true, rsi_extreme: true, order_book_flip: false },
    signal_reason: 'A reason.',
    entry_conditions_met: { volume_ratio: 0.52, rsi7: 14.23 },
    atr: null,
    leverage: 10,
    params_hash: '0123456789abcdef',
    inputs_hash: 'fedcba9876543210',
    ...known,
  };
}

export function swing(known: Partial<SwingSignal> = {}): SwingSignal {
  return {
    id: `BTCUSDT:LONG:${AT}`,
    type: 'SWING',
    pair: 'BTCUSDT',
    side: 'LONG',
    entry: 104_250,
    tp: 106_335,
    sl: 103_207.5,
    timestamp: AT,
    expires_at: AT + 4 * 60 * MINUTE,
    confidence: { long: 86, short: 12 },
    signal_reason: 'EMA 20 crossed over EMA 50 on 1h.',
    params_hash: '0123456789abcdef',
    ...known,
  };
}

export function exitOf(known: Partial<PositionEvent> = {}): PositionEvent {
  const { signalId = scalp().id } = known;
  return {
    id: `${signalId}:default:EXIT`,
    kind: 'EXIT',
    signalId,
    pair: 'BTCUSDT',
    side: 'LONG',
    ts: AT + 22 * MINUTE,
    price: 104_771.2,
    size: 0.5,
    refusal: null,
    exit: 'TP',
    fees: 40,
    funding: 0,
    pnl: 217.39,
    reason: 'TP was touched.',
    ...known,
  };
}

export function task(known: Partial<ChartTask> = {}): ChartTask {
  const signal = known.scalp ?? known.swing ?? null;
  const name = { id: 'task-1', chat: '-1001', replyTo: 7, pair: signal?.pair ?? 'BTCUSDT' };
  return { ...name, signalId: signal?.id ?? null, scalp: null, swing: null, exit: null, ...known };
}

export function factsOf(known: Partial<ChartFacts> & Pick<ChartFacts, 'task' | 'candles'>): ChartFacts {
  const frame = signalFrame(known.task) ?? marketFrame(AT);
  return { frame, levels: null, snapshot: null, positions: [], ...known };
}

export function snapshot(known: Partial<BookSnapshot> = {}): BookSnapshot {
  const depth = { bps5: 1, bps10: 2, bps25: 3, bps50: 4 };
  return {
    id: `bybit:BTCUSDT:${AT}`,
    venue: 'bybit',
    symbol: 'BTCUSDT',
    ts: AT,
    bestBid: 104_249.9,
    bestAsk: 104_250,
    bidDepth: depth,
    askDepth: depth,
    lastPrice: 104_250,
    lastTradeTs: AT,
    lastTradeSeq: 1,
    fundingRate: 0.0001,
    nextFundingTime: AT + 60 * MINUTE,
    markPrice: 104_250,
    openInterest: 1_000,
    connected: true,
    lastTradeAgeMs: 10,
    desyncMs: 0,
    publishedTrades: 1,
    ...known,
  };
}
