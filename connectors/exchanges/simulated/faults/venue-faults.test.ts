import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../../schemas/primitives.ts';
import { type Arrival, Client, START, SYMBOLS, twinOf } from '../client.fixture.ts';
import { Fault } from './faults.ts';
import { at, BTC, bybit, type Cases, kraken, texts, type VenueFaultKind } from './runs.fixture.ts';

const since = (arrivals: readonly Arrival[], seconds: number) =>
  texts(arrivals.filter(({ atMs }) => atMs >= at(seconds)));

const CASES: Cases<VenueFaultKind> = {
  refusedSubscription: () => {
    for (const venue of ['bybit', 'kraken'] as const) {
      const symbol = SYMBOLS[venue][0];
      const twin = twinOf(venue);
      twin.schedule([{ kind: 'refusedSubscription', venue, afterMs: 0, forMs: 5_000, symbol }]);
      twin.advanceTo(at(1));
      const client = new Client(twin);
      client.subscribe([{ kind: 'trades', symbol }]);
      expect(client.events().at(-1)).toMatchObject({ kind: 'refusal', stream: { kind: 'trades', symbol } });
      twin.advanceTo(at(6));
      client.subscribe([{ kind: 'trades', symbol }]);
      expect(client.events().some(({ kind }) => kind === 'ack')).toBe(true);
      expect(twin.report()[0]!.answers).toBe(1);
    }
  },
  handshakeRefused: () => {
    const { twin } = bybit({ kind: 'handshakeRefused', afterMs: 10_000, forMs: 20_000, status: 418 }, 15);
    expect(twin.refusal()).toEqual({ status: 418, retryAfterS: 15 });
    expect(() => new Client(twin)).toThrow('Refused with 418');
    twin.advanceTo(at(30));
    expect(twin.refusal()).toBeNull();
    expect(twin.report()[0]!.answers).toBe(2);
  },
  restLimited: async () => {
    const { twin } = bybit({ kind: 'restLimited', afterMs: 10_000, forMs: 20_000 }, 15);
    const answer = await twin.get('/v5/market/time');
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '15' } });
    twin.advanceTo(at(30));
    expect((await twin.get('/v5/market/time')).status).toBe(200);
  },
  restDown: async () => {
    const { twin } = kraken({ kind: 'restDown', afterMs: 10_000, forMs: 20_000, status: 502 }, 15);
    expect((await twin.get('/0/public/Time')).status).toBe(502);
  },
  restStale: async () => {
    const { twin } = bybit({ kind: 'restStale', afterMs: 10_000, forMs: 20_000 }, 29);
    const newest = async () => {
      const { text } = await twin.get(`/v5/market/recent-trade?category=linear&symbol=${BTC}&limit=1`);
      return Number((JSON.parse(text) as { result: { list: { time: string }[] } }).result.list[0]!.time);
    };
    expect(await newest()).toBeLessThan(at(10));
    twin.advanceTo(at(31));
    expect(await newest()).toBeGreaterThan(at(20));
  },
  restSlow: async () => {
    const { twin } = bybit({ kind: 'restSlow', afterMs: 10_000, forMs: 20_000, amount: 7_000 }, 15);
    expect(await twin.get('/v5/market/time')).toMatchObject({ status: 200, delayMs: 7_000 });
  },
  clockSkew: async () => {
    for (const skewMs of [3_000, -3_000]) {
      const on = bybit({ kind: 'clockSkew', afterMs: 10_000, forMs: 60_000, amount: skewMs }, 100);
      const ahead = on.client.arrivals.flatMap(({ text, atMs }) => {
        const ts = /"topic":"publicTrade.*"ts":(\d+)/.exec(text)?.[1];
        return ts === undefined ? [] : [[atMs, Number(ts) - atMs] as const];
      });
      const during = ahead.filter(([atMs]) => atMs > at(20) && atMs < at(70)).map(([, skew]) => skew);
      const after = ahead.filter(([atMs]) => atMs > at(80)).map(([, skew]) => skew);
      expect(Math.min(...during)).toBeGreaterThan(skewMs - 200);
      expect(Math.max(...during)).toBeLessThanOrEqual(skewMs + 1);
      expect(Math.max(...after.map(Math.abs))).toBeLessThanOrEqual(200);
      const trades = on.client.trades(BTC);
      const times = trades.map(({ ts }) => ts);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      // Its minutes are those of its own clock.
      const first = trades.filter(({ ts }) => ts < START + MINUTE_MS);
      expect(on.twin.truth(BTC, START / MINUTE_MS).trades).toBe(first.length);
      expect(JSON.parse((await on.twin.get('/v5/market/time')).text)).toMatchObject({ time: at(100) });
    }
  },
  restart: async () => {
    const { client, twin } = bybit({ kind: 'restart', afterMs: 10_000, forMs: 5_000 }, 12);
    expect(client.closed).toMatchObject([{ code: 1006, atMs: at(10) }]);
    expect(twin.refusal()).toEqual({ status: 503, retryAfterS: null });
    expect((await twin.get('/v5/market/time')).status).toBe(503);
    twin.advanceTo(at(15));
    const again = new Client(twin).subscribeAll(SYMBOLS.bybit);
    const [book] = again.events().filter((event) => event.kind === 'book');
    expect(book).toMatchObject({ isSnapshot: true, check: { update: 1 } });
  },
  maintenance: async () => {
    const { client, twin } = kraken({ kind: 'maintenance', afterMs: 10_000, forMs: 20_000 }, 25);
    expect((await twin.get('/0/public/AssetPairs')).text).toContain('EService:Unavailable');
    twin.advanceTo(at(60));
    const states = client.events().filter((event) => event.kind === 'status');
    expect(states.map((event) => event.kind === 'status' && event.what)).toEqual([
      'online',
      'maintenance',
      'online',
    ]);
    const trades = client.trades('BTC/USDT').filter(({ ts }) => ts >= at(10) && ts < at(30));
    expect(trades).toEqual([]);
    const ids = client.trades('BTC/USDT').map(({ seq }) => seq);
    expect(ids).toEqual(Array.from(ids, (_, i) => ids[0]! + i));
    expect(
      client.arrivals.filter(
        ({ text, atMs }) => text.includes('heartbeat') && atMs > at(10) && atMs <= at(30),
      ),
    ).toHaveLength(20);
    expect(twin.truth('BTC/USDT', START / MINUTE_MS).trades).toBe(
      client.trades('BTC/USDT').filter(({ ts }) => ts < at(60)).length,
    );
  },
  delisting: async () => {
    const { client, twin } = bybit({ kind: 'delisting', afterMs: 10_000, symbol: BTC });
    expect(since(client.arrivals, 11).filter((text) => text.includes(BTC))).toEqual([]);
    expect(since(client.arrivals, 11).some((text) => text.includes('LTCUSDT'))).toBe(true);
    client.unsubscribe([{ kind: 'trades', symbol: BTC }]);
    client.subscribe([{ kind: 'trades', symbol: BTC }]);
    expect(client.events().at(-1)).toMatchObject({
      kind: 'refusal',
      stream: { kind: 'trades', symbol: BTC },
    });
    const listed = await twin.get('/v5/market/instruments-info?category=linear');
    expect(listed.text).not.toContain(BTC);
    expect((await twin.get('/v5/market/instruments-info?category=linear&status=Closed')).text).toContain(BTC);
    expect((await twin.get('/v5/market/tickers?category=linear')).text).not.toContain(BTC);
    expect(twin.truth(BTC, START / MINUTE_MS + 3)).toMatchObject({ trades: 0, volume: 0 });
  },
  halt: async () => {
    const { client, twin } = bybit({ kind: 'halt', afterMs: 10_000, forMs: 30_000, symbol: BTC }, 65);
    const trades = client.trades(BTC);
    expect(trades.filter(({ ts }) => ts >= at(10) && ts < at(40))).toEqual([]);
    expect(trades.filter(({ ts }) => ts >= at(40)).length).toBeGreaterThan(10);
    expect(twin.truth(BTC, START / MINUTE_MS).trades).toBe(trades.filter(({ ts }) => ts < at(60)).length);
    const bars = await twin.get(
      `/v5/market/kline?category=linear&symbol=${BTC}&interval=1&start=${START}&end=${START}`,
    );
    const [[, , , , , volume]] = (JSON.parse(bars.text) as { result: { list: [string[]] } }).result.list as [
      [string, string, string, string, string, string],
    ];
    expect(Number(volume)).toBe(twin.truth(BTC, START / MINUTE_MS).volume);
  },
};

describe('a fault of the exchange', () => {
  it.each(Object.entries(CASES))('%s does what it says', (_, check) => check());

  it('is checked as data', () => {
    const fails = (fault: unknown) => expect(Fault.safeParse(fault).success).toBe(false);
    expect(Fault.parse({ kind: 'drop', venue: 'bybit', afterMs: 0 })).toEqual({
      kind: 'drop',
      venue: 'bybit',
      afterMs: 0,
    });
    fails({ kind: 'nope', venue: 'bybit', afterMs: 0 });
    fails({ kind: 'drop', venue: 'bybit', afterMs: -1 });
    fails({ kind: 'drop', venue: 'bybit', afterMs: 0, typo: 1 });
    fails({ kind: 'halt', venue: 'bybit', afterMs: 0 });
    fails({ kind: 'maintenance', venue: 'bybit', afterMs: 0 });
    fails({ kind: 'hugeFrame', venue: 'bybit', afterMs: 0, amount: -1 });
  });
});
