import { expect, it } from 'vitest';
import { Candle } from '../schemas/candle.ts';
import { SwingSignal } from '../schemas/macro.ts';
import { stackStatus } from './status.fixture.ts';
import { renderStatus } from './status.ts';

const at = '2026-01-05T09:30:00.000Z';
const candle = Candle.parse({
  id: 'i',
  venue: 'bybit',
  symbol: 'SOLUSDT',
  interval: '1m',
  openTime: at,
  closeTime: at,
  open: 200,
  high: 202,
  low: 200,
  close: 202,
  volume: 1,
  turnover: 201,
  buyVolume: 1,
  trades: 1,
  vwap: 201,
  coverage: 1,
  filled: false,
  complete: true,
  revision: 1,
});
const signal = SwingSignal.parse({
  id: 'SOLUSDT:SHORT:1',
  type: 'SWING',
  pair: 'SOLUSDT',
  side: 'SHORT',
  entry: 200,
  tp: 196,
  sl: 202.5,
  timestamp: at,
  expires_at: at,
  confidence: { long: 1, short: 90 },
  signal_reason: '',
  params_hash: '',
});
const STATUS = stackStatus({
  lastCandles: [candle],
  swings: [{ signal, until: Date.parse('2026-01-07T09:30:00.000Z'), closedAt: null }],
});

it('shows an open swing with how it stands, its targets and its time', () => {
  expect(renderStatus(STATUS).split('\n')).toContain(
    'swing    SHORT SOLUSDT    200 → 202 −1.00 % · TP 196 · SL 202.5 · until 01-07T09:30',
  );
});

it('says that the graph warms up until there is a lag', () => {
  const graphOf = (lagMs: number | null) => renderStatus({ ...STATUS, lagMs }).split('\n')[2];
  expect(graphOf(null)).toBe('graph    warming up · 0 messages in flight');
  expect(graphOf(4_200)).toBe('graph    lag 4.2 s of market time · 0 messages in flight');
});

it('fits into 100 columns', () => {
  expect(
    Math.max(
      ...renderStatus(STATUS)
        .split('\n')
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(100);
});
