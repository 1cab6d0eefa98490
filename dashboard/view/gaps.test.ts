import { expect, it } from 'vitest';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { gapsOf } from './gaps.ts';

const T0 = Date.UTC(2024, 4, 1);
const event = (kind: FeedEvent['kind'], ts: number, changes: Partial<FeedEvent> = {}): FeedEvent => ({
  id: `bybit:BTCUSDT:${kind}:${T0 + ts}`,
  venue: 'bybit',
  symbol: 'BTCUSDT',
  kind,
  ts: T0 + ts,
  from: null,
  to: null,
  cause: kind,
  tradesRecovered: 0,
  resolved: false,
  ...changes,
});

it('makes one line of a span that is lost, known and recovered', () => {
  const from = T0 + 1_000;
  const lost = event('DISCONNECTED', 2_000, { from });
  const known = event('GAP', 5_000, { from, to: T0 + 4_500 });
  const whole = event('RECOVERED', 9_000, { from, to: T0 + 4_500, tradesRecovered: 17, resolved: true });
  const span = { venue: 'bybit', symbol: 'BTCUSDT', from, noticed: T0 + 2_000 };
  expect(gapsOf([lost])).toEqual([
    { ...span, kind: 'DISCONNECTED', to: null, cause: 'DISCONNECTED', tradesRecovered: 0, resolved: false },
  ]);
  expect(gapsOf([whole, lost, known])).toEqual([
    { ...span, kind: 'RECOVERED', to: T0 + 4_500, cause: 'RECOVERED', tradesRecovered: 17, resolved: true },
  ]);
});

it('tells spans and symbols apart, and passes over what is no span', () => {
  const gaps = gapsOf([
    event('GAP', 1, { from: T0, to: T0 + 1 }),
    event('GAP', 2, { from: T0 + 1, to: T0 + 2 }),
    event('GAP', 3, { from: T0, to: T0 + 1, symbol: 'ETHUSDT' }),
    event('RESYNC', 4, { from: T0 + 3 }),
    event('CONNECTED', 5),
  ]);
  expect(gaps.map(({ symbol, from }) => [symbol, from - T0])).toEqual([
    ['ETHUSDT', 0],
    ['BTCUSDT', 1],
    ['BTCUSDT', 0],
  ]);
});
