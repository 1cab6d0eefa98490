import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TOPIC_NAMES } from './topics.ts';
import { barOf, barOfSignal, traceAttribute, traceIdIn, traceIdOf } from './trace.ts';

const CLOSE = Date.UTC(2026, 0, 5, 9, 30);
const BAR = { pair: 'BTCUSDT', closeMs: CLOSE };
/** Of records as the program has them, each of the bar that closes at CLOSE. */
const RECORDS: Partial<Record<(typeof TOPIC_NAMES)[number], object>> = {
  'raw-tick-data': { symbol: 'BTC/USDT', ts: CLOSE - 60_000 },
  'book-snapshots': { symbol: 'BTCUSDT', ts: CLOSE - 1_000 },
  'market-candles': { symbol: 'XBTUSDT', openTime: CLOSE - 900_000, interval: '15m' },
  'market-levels': { pair: 'BTCUSDT', asOf: CLOSE },
  'market-features': { pair: 'BTCUSDT', openTime: CLOSE - 60_000, closeTime: CLOSE },
  'trade-signals-micro': { pair: 'BTCUSDT', timestamp: CLOSE },
  'macro-bias-updates': { pair: 'BTCUSDT', timestamp: CLOSE },
  'trade-signals-macro': { pair: 'BTCUSDT', timestamp: CLOSE },
  'position-events': { signalId: `champion:a:b:BTCUSDT:LONG:${CLOSE}`, ts: CLOSE + 90_000 },
};

describe('the trace of a bar', () => {
  it('is named by the SHA-256 of pair and close', () => {
    const hex = createHash('sha256').update(`BTCUSDT:${CLOSE}`).digest('hex');
    const traceId = hex.slice(0, 32);
    expect(traceIdOf(BAR)).toBe(traceId);
    expect(traceAttribute(BAR)).toEqual({ traceparent: `00-${traceId}-${traceId.slice(16)}-01` });
    expect(traceIdOf({ ...BAR, closeMs: CLOSE + 60_000 })).not.toBe(traceId);
    expect(traceIdOf(BAR)).toBe(traceId);
  });

  it('is the same for every record that comes of it', () => {
    for (const topic of TOPIC_NAMES) {
      const record = RECORDS[topic];
      expect(barOf(topic, record ?? {}), topic).toEqual(record === undefined ? null : BAR);
    }
  });

  it('is found in the id of a scalp and of a swing, and of nothing else', () => {
    expect(barOfSignal(`sr-exhaustion:default:BTCUSDT:SHORT:${CLOSE}`)).toEqual(BAR);
    expect(barOfSignal(`BTCUSDT:LONG:${CLOSE}`)).toEqual(BAR);
    for (const id of [
      '',
      's1',
      'BTCUSDT:LONG:',
      `BTCUSDT:${CLOSE}`,
      `a:BTCUSDT:LONG:${CLOSE}:default:ENTRY`,
    ]) {
      expect(barOfSignal(id), id).toBeNull();
    }
  });

  it('is read from a message, and nothing from what is no traceparent', () => {
    expect(traceIdIn(traceAttribute(BAR))).toBe(traceIdOf(BAR));
    expect(traceIdIn({})).toBeUndefined();
    expect(traceIdIn({ traceparent: 'ff-x' })).toBeUndefined();
  });
});
