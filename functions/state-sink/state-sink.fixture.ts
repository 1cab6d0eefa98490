/** Messages of every kind of published state, for tests. */
import { PUBLISHED_STATE, type Published, type PublishedKind } from '../../schemas/state.ts';
import { wireJson } from '../../schemas/wire-json.ts';

export const START = Date.UTC(2024, 2, 1);

interface Named {
  /** Symbol or pair. */
  readonly name: string;
  /** The higher, the newer. */
  readonly rank: number;
}

const depth = { bps5: 1, bps10: 2, bps25: 3, bps50: 4 };

const MAKERS: { [K in PublishedKind]: (named: Named) => Published<K> } = {
  candle: ({ name, rank }) => ({
    id: `candle:${name}:${rank}`,
    venue: 'bybit',
    symbol: name,
    interval: '1m',
    openTime: START,
    open: 1,
    high: 3,
    low: 0.5,
    close: 2,
    volume: rank,
    turnover: null,
    buyVolume: null,
    trades: rank,
    vwap: null,
    coverage: 1,
    filled: false,
    complete: true,
    revision: rank,
  }),
  levels: ({ name, rank }) => ({
    id: `levels:${name}:${rank}`,
    venue: 'bybit',
    symbol: name,
    pair: name,
    // Newer by its time, or by its revision.
    asOf: START + Math.floor(rank / 3),
    revision: rank % 3,
    levels: [],
    trendlineHigh: null,
    trendlineLow: null,
    trend: 'RANGING',
    pointOfControl: null,
    atr: 1.5,
    atrBaseline: null,
    candles: 120,
    complete: true,
  }),
  snapshot: ({ name, rank }) => ({
    id: `snapshot:${name}:${rank}`,
    venue: 'bybit',
    symbol: name,
    ts: START + rank,
    bestBid: 1,
    bestAsk: 2,
    bidDepth: depth,
    askDepth: depth,
    lastPrice: 1.5,
    lastTradeTs: START,
    lastTradeSeq: 1,
    fundingRate: 0.0001,
    nextFundingTime: null,
    markPrice: null,
    openInterest: null,
    connected: true,
    lastTradeAgeMs: 5,
    desyncMs: 0,
    publishedTrades: rank,
  }),
  bias: ({ name, rank }) => ({
    id: `bias:${name}:${rank}`,
    pair: name,
    timestamp: START + rank,
    bias: 'LONG',
    confidence: { long: 85, short: 10 },
    expires_at: START + 14_400_000,
    reasons: ['EMA cross'],
  }),
  'position-event': ({ name, rank }) => ({
    id: `event:${name}:${rank}`,
    kind: 'ENTRY',
    signalId: `signal:${rank}`,
    pair: name,
    side: 'LONG',
    ts: START + rank,
    price: 1.5,
    size: 2,
    refusal: null,
    exit: null,
    fees: 0.1,
    funding: null,
    pnl: null,
    reason: 'Filled at 1.5.',
  }),
};

/** As it is published. */
export function wireOf(kind: PublishedKind, named: Named): string {
  return wireJson(PUBLISHED_STATE[kind].schema, MAKERS[kind](named));
}
