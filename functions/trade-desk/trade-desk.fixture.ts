/** Signals, snapshots and a desk for tests, of which only what matters need be said. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { DeskConfig, type DeskParams } from '../../schemas/desk-params.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { type ScalpSignal, signalId } from '../../schemas/scalp-signal.ts';
import type { DeskInput } from './input.ts';
import { type Book, type DeskState, EMPTY_DESK } from './state.ts';
import { desk } from './trade-desk.ts';

/** A Wednesday, 10:00 UTC: two hours after a funding. */
export const NOW = Date.UTC(2024, 4, 1, 10);

/** A LONG from 100: TP 100.5, SL 99.5, 10×. */
export function signal(known: Partial<ScalpSignal> = {}): ScalpSignal {
  const pair = known.pair ?? 'BTCUSDT';
  const side = known.side ?? 'LONG';
  const made: ScalpSignal = {
    id: '',
    type: 'SCALP',
    strategy: 'sr-exhaustion',
    variant: 'default',
    venue: 'bybit',
    symbol: pair,
    pair,
    side,
    entry: 100,
    ...(side === 'LONG' ? { tp: 100.5, sl: 99.5 } : { tp: 99.5, sl: 100.5 }),
    support: [],
    resistance: [],
    trend: null,
    timestamp: NOW,
    expires_at: NOW + 300_000,
    confidence: 0.8,
    exhaustion_checks: {
      volume_drop: true,
      double_wick: false,
      rsi_extreme: true,
      order_book_flip: false,
    },
    signal_reason: 'test',
    entry_conditions_met: {},
    atr: 1,
    leverage: 10,
    params_hash: 'p',
    inputs_hash: 'i',
    ...known,
  };
  return { ...made, id: known.id ?? signalId(made) };
}

/** Bid 99.99, ask 100.01, so deep that nothing slips beyond the spread; healthy. */
export function snapshot(known: Partial<BookSnapshot> = {}): BookSnapshot {
  const symbol = known.symbol ?? 'BTCUSDT';
  const ts = known.ts ?? NOW;
  const deep = { bps5: 1e9, bps10: 2e9, bps25: 3e9, bps50: 4e9 };
  return {
    id: `bybit:${symbol}:${ts}`,
    venue: 'bybit',
    symbol,
    ts,
    bestBid: 99.99,
    bestAsk: 100.01,
    bidDepth: deep,
    askDepth: deep,
    lastPrice: 100,
    lastTradeTs: ts - 100,
    lastTradeSeq: 1,
    fundingRate: 0.0001,
    nextFundingTime: null,
    markPrice: null,
    openInterest: null,
    connected: true,
    lastTradeAgeMs: 100,
    desyncMs: 0,
    publishedTrades: 1,
    ...known,
  };
}

/** A snapshot whose bid and ask are 0.01 from `mid` and whose last trade was at it. */
export function snapshotAt(ts: number, mid: number, known: Partial<BookSnapshot> = {}): BookSnapshot {
  const [bestBid, bestAsk] = [mid - 0.01, mid + 0.01].map((price) => Number(price.toFixed(4))) as [
    number,
    number,
  ];
  return snapshot({ ts, bestBid, bestAsk, lastPrice: mid, ...known });
}

export function bias(side: 'LONG' | 'SHORT' | null, known: Partial<MacroBias> = {}): MacroBias {
  const confidence = { long: side === 'LONG' ? 85 : 10, short: side === 'SHORT' ? 85 : 10 };
  return {
    id: `BTCUSDT:${NOW}`,
    pair: 'BTCUSDT',
    timestamp: NOW,
    bias: side,
    confidence,
    expires_at: NOW + 4 * 3_600_000,
    reasons: [],
    ...known,
  };
}

export function swing(known: Partial<SwingSignal> = {}): SwingSignal {
  return {
    id: `BTCUSDT:LONG:${NOW}`,
    type: 'SWING',
    pair: 'BTCUSDT',
    side: 'LONG',
    entry: 100,
    tp: 102,
    sl: 99,
    timestamp: NOW - MINUTE_MS,
    expires_at: NOW + 3_600_000,
    confidence: { long: 85, short: 5 },
    signal_reason: 'test',
    params_hash: 'p',
    ...known,
  };
}

/** A quiet 1m bar at 100 that closed just before NOW. */
export function row(known: Partial<FeatureRow> = {}): FeatureRow {
  const [pair, openTime] = [known.pair ?? 'BTCUSDT', known.openTime ?? NOW - MINUTE_MS];
  const checks = { volume_drop: false, double_wick: false, rsi_extreme: false, order_book_flip: false };
  return {
    id: `bybit:${pair}:${openTime}:1`,
    venue: 'bybit',
    symbol: pair,
    pair,
    openTime,
    closeTime: openTime + MINUTE_MS,
    open: 100,
    high: 100,
    low: 100,
    close: 100,
    volume: 1,
    rsi7: null,
    rsi14: null,
    volumeEma20: null,
    volumeRatio: null,
    volumeSpike: null,
    bookImbalance60s: null,
    bookImbalance10s: null,
    divergence: null,
    checksLong: checks,
    checksShort: checks,
    voided: false,
    levelsAsOf: null,
    nearestSupport: null,
    nearestResistance: null,
    trend: null,
    atr: null,
    atrBaseline: null,
    priceDeviation: null,
    coverage: 1,
    suppressions: [],
    revision: 1,
    ...known,
  };
}

/** Groups of parameters, each given in part. */
export type PartialParams = { [K in keyof DeskParams]?: Partial<DeskParams[K]> | readonly object[] };

export function configOf(...books: readonly PartialParams[]): DeskConfig {
  return DeskConfig.parse(books.length > 0 ? { books } : {});
}

/** A desk that is told one thing after another. */
export class TestDesk {
  state: DeskState = EMPTY_DESK;
  readonly config: DeskConfig;
  /** Of everything told so far. */
  readonly events: PositionEvent[] = [];

  constructor(...books: readonly PartialParams[]) {
    this.config = configOf(...books);
  }

  /** Events of these inputs alone. */
  tell(...inputs: readonly DeskInput[]): PositionEvent[] {
    const told = inputs.flatMap((input) => {
      const { state, events } = desk(this.state, input, this.config);
      this.state = state;
      return events;
    });
    this.events.push(...told);
    return told;
  }

  see(told: BookSnapshot, at = told.ts): PositionEvent[] {
    return this.tell({ kind: 'snapshot', at, snapshot: told });
  }

  /** At NOW where `at` is not given, after a snapshot of its second. */
  offer(told: ScalpSignal, at = NOW, seen: Partial<BookSnapshot> = {}): PositionEvent[] {
    this.see(snapshot({ symbol: told.symbol, ts: at, ...seen }), at);
    return this.tell({ kind: 'signal', at, signal: told });
  }

  book(name = 'default'): Book {
    return this.state.books[name]!;
  }
}
