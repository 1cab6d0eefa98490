/** A stack's status, for tests of what reads it. */
import { newBook } from '../functions/trade-desk/state.ts';
import type { StackStatus } from './status.ts';

/** A stack that has just begun, with what the test changes. */
export function stackStatus(known: Partial<StackStatus> = {}): StackStatus {
  return {
    source: 'simulated exchange, 60×',
    connected: true,
    marketTimeMs: Date.parse('2026-01-05T09:30:00.000Z'),
    uptimeMs: 5_000,
    symbols: 1,
    trades: 10,
    tradesPerSecond: 2,
    reconnects: 0,
    lagMs: null,
    backlog: 0,
    signals: 0,
    candles: { '1m': 1, '5m': 0, '15m': 0, '1h': 0, '4h': 0 },
    lastCandles: [],
    deadLetters: 0,
    books: [newBook('default', 10_000)],
    refusals: {},
    biases: {},
    swings: [],
    alerts: { sent: 1, waiting: 0, charts: 1 },
    notice: null,
    ...known,
  };
}
