/** What the feed of the seeded market told besides trades: snapshots, its ledger, what it could not read. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { type Bar, INCOMPLETE, iso, MISSING, RECOVERED, type Row, START } from './seeded-market.ts';

export function seededFeed(
  bars: readonly Bar[],
): Readonly<Record<'book_snapshots' | 'feed_events' | 'dead_letters', readonly Row[]>> {
  return { book_snapshots: snapshots(bars), feed_events: feedEvents(), dead_letters: deadLetters() };
}

/** Of BTCUSDT alone, round its funding at 08:00: that of ETHUSDT is not known. */
function snapshots(bars: readonly Bar[]): Row[] {
  const due = Date.UTC(2025, 5, 1, 8);
  const depth = { bps5: 1, bps10: 2, bps25: 4, bps50: 8 };
  return Array.from({ length: 40 }, (_, i) => due - 900_000 + i * 30_000).flatMap((ts, i) => {
    const { close } = bars.find(({ symbol, openTime }) => symbol === 'BTCUSDT' && openTime + MINUTE_MS > ts)!;
    const row = {
      id: `bybit:BTCUSDT:${ts}`,
      venue: 'bybit',
      symbol: 'BTCUSDT',
      ts: iso(ts),
      bestBid: close - 0.1,
      bestAsk: close + 0.1,
      bidDepth: depth,
      askDepth: depth,
      lastPrice: close,
      lastTradeTs: iso(ts - 500),
      lastTradeSeq: i,
      fundingRate: i === 29 ? null : 0.0001 + i * 1e-6,
      nextFundingTime: iso(due),
      markPrice: i % 2 ? null : close + 1,
      openInterest: null,
      connected: i !== 5,
      lastTradeAgeMs: 500,
      desyncMs: 0,
      publishedTrades: i,
    };
    return i % 10 === 0 ? [row, row] : [row];
  });
}

function feedEvents(): Row[] {
  const event = (symbol: string, kind: string, minute: number, more: Row = {}) => {
    const [from, to] = [START + minute * MINUTE_MS, START + (minute + 1) * MINUTE_MS];
    return {
      id: `bybit:${symbol}:${kind}:${to}`,
      venue: 'bybit',
      symbol,
      kind,
      ts: iso(to),
      from: iso(from),
      to: iso(to),
      cause: 'the socket closed',
      tradesRecovered: 0,
      resolved: false,
      ...more,
    };
  };
  const lost = event('BTCUSDT', 'GAP', INCOMPLETE.BTCUSDT);
  return [
    ...[lost, lost, event('ETHUSDT', 'GAP', MISSING.ETHUSDT), event('ETHUSDT', 'GAP', RECOVERED.ETHUSDT)],
    event('ETHUSDT', 'RECOVERED', RECOVERED.ETHUSDT, { tradesRecovered: 4, resolved: true }),
    event('BTCUSDT', 'STALE', 30, { from: null, to: null }),
    event('BTCUSDT', 'DISCONNECTED', INCOMPLETE.BTCUSDT, { from: null, to: null }),
    event('ETHUSDT', 'RESYNC', 12, { from: null, to: null }),
  ];
}

function deadLetters(): Row[] {
  return [1, 1, 2].map((n) => ({
    id: `DecodeTrades:${n}`,
    stage: 'DecodeTrades',
    reason: 'expected a batch',
    source: `message ${n}`,
    line: null,
    eventTime: iso(START + n),
    bytes: 'AAEC',
  }));
}
