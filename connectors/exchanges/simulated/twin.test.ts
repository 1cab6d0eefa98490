import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { OrderBook } from '../order-book.ts';
import { Client, candle, run, START, SYMBOLS, twinOf } from './client.fixture.ts';
import { SimulatedMarket } from './market.ts';

const FIRST = START / MINUTE_MS;
const MINUTES = 4;
const VENUES = ['bybit', 'kraken'] as const;
const whole = Object.fromEntries(
  VENUES.map((venue) => [venue, run(venue, [], MINUTES * MINUTE_MS + 2_000)] as const),
) as Record<(typeof VENUES)[number], ReturnType<typeof run>>;

describe.each(VENUES)('the twin of %s', (venue) => {
  const { twin, client } = whole[venue];
  const events = client.events();

  it('sends nothing that the venue’s mapper does not know', () => {
    const odd = events.filter(({ kind }) => kind === 'unknown' || kind === 'refusal' || kind === 'goodbye');
    expect(odd).toEqual([]);
    expect(client.closed).toEqual([]);
  });

  it('sends the trades whose candles are its truth', () => {
    for (const symbol of SYMBOLS[venue]) {
      const trades = client.trades(symbol);
      for (let minute = FIRST; minute < FIRST + MINUTES; minute++) {
        const { openTime, ...truth } = twin.truth(symbol, minute);
        expect(openTime).toBe(minute * MINUTE_MS);
        if (truth.trades === 0) expect(candle(trades, minute)).toBeNull();
        else expect(candle(trades, minute)).toEqual(truth);
      }
    }
    expect(twin.truth(SYMBOLS[venue][0], FIRST).trades).toBeGreaterThan(20);
  });

  it('keeps books whose chain or checksum proves every update', () => {
    for (const symbol of SYMBOLS[venue]) {
      const book = new OrderBook();
      const updates = events.filter((event) => event.kind === 'book' && event.symbol === symbol);
      expect(updates.length).toBeGreaterThan(200);
      expect(updates.flatMap((event) => (event.kind === 'book' ? (book.apply(event) ?? []) : []))).toEqual(
        [],
      );
    }
  });

  it('sends each frame at the moment it is of', () => {
    for (const { atMs, text } of client.arrivals) {
      const ts = /"ts":(\d+)/.exec(text)?.[1];
      if (ts) expect(atMs - Number(ts)).toBeLessThanOrEqual(100);
    }
    const times = client.arrivals.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('sends the same bytes at the same times, however its time is driven', () => {
    const other = twinOf(venue);
    const again = new Client(other).subscribeAll(SYMBOLS[venue]);
    for (let ms = START; ms < START + MINUTE_MS; ms += 37) other.advanceTo(ms);
    const until = other.now();
    expect(again.arrivals).toEqual(client.arrivals.filter(({ atMs }) => atMs <= until));
  });

  it('is another market for another seed', () => {
    const market = new SimulatedMarket(2);
    const other = twinOf(venue, { market, seed: 2 }).truth(SYMBOLS[venue][0], FIRST);
    expect(other).not.toEqual(twin.truth(SYMBOLS[venue][0], FIRST));
  });
});

describe('Bybit’s twin', () => {
  const { twin, client } = whole.bybit;

  it('confirms each minute once, opened at the close before, as Bybit does', () => {
    for (const symbol of SYMBOLS.bybit) {
      const bars = client.events().filter((event) => event.kind === 'kline' && event.symbol === symbol);
      const closed = bars.flatMap((bar) => (bar.kind === 'kline' && bar.isClosed ? [bar] : []));
      expect(closed.map(({ openTime }) => openTime)).toEqual(
        Array.from({ length: MINUTES }, (_, i) => START + i * MINUTE_MS),
      );
      for (const bar of closed) {
        const minute = bar.openTime / MINUTE_MS;
        const truth = twin.truth(symbol, minute);
        const before = twin.truth(symbol, minute - 1).close;
        expect(bar).toMatchObject({
          open: before,
          close: truth.close,
          volume: truth.volume,
          high: Math.max(truth.high, before),
          low: Math.min(truth.low, before),
        });
      }
      expect(bars.length).toBeGreaterThan(closed.length);
    }
  });

  it('tells what 24 h turned over: more with each trade, less as old minutes leave', () => {
    const changes = client.events().filter((event) => event.kind === 'ticker' && event.symbol === 'BTCUSDT');
    const turnovers = changes.flatMap((event) =>
      event.kind === 'ticker' && event.change.turnover24h ? [event.change.turnover24h] : [],
    );
    expect(turnovers.length).toBeGreaterThan(100);
    const ups = turnovers.filter((value, i) => i > 0 && value > turnovers[i - 1]!);
    expect(ups.length).toBeGreaterThan(turnovers.length * 0.9);
    expect(changes[0]).toMatchObject({ isSnapshot: true, change: { lastPrice: expect.any(Number) } });
  });

  it('cuts a socket off that asks for nothing for 61 s, and none that pings', () => {
    const idle = twinOf('bybit');
    const [quiet, lively] = [new Client(idle), new Client(idle)];
    for (let at = 20; at <= 100; at += 20) {
      lively.ping();
      idle.advanceTo(START + at * 1_000);
    }
    expect(quiet.closed).toMatchObject([{ code: 1006, atMs: START + 61_100 }]);
    expect(lively.closed).toEqual([]);
    expect(lively.events().every(({ kind }) => kind === 'pong')).toBe(true);
  });

  it('offers books of other depths', () => {
    const deep = twinOf('bybit');
    const client = new Client(deep);
    client.connection.send('{"op":"subscribe","req_id":"x","args":["orderbook.200.BTCUSDT"]}');
    deep.advanceTo(START + 5_000);
    const books = client.arrivals.filter(({ text }) => text.includes('orderbook.200.BTCUSDT'));
    const frames = books.map(
      ({ text }) => JSON.parse(text) as { type: string; data: { b: unknown[]; u: number } },
    );
    expect(frames[0]).toMatchObject({ type: 'snapshot', data: { u: 1 } });
    expect(frames[0]!.data.b).toHaveLength(200);
    expect(frames.map(({ data }) => data.u)).toEqual(frames.map((_, i) => i + 1));
  });
});

describe('Kraken’s twin', () => {
  const { twin, client } = whole.kraken;

  it('counts its trades by one, from the fifty of the snapshot on', () => {
    for (const symbol of SYMBOLS.kraken) {
      const frames = client.events().filter((event) => event.kind === 'trades' && event.symbol === symbol);
      const [snapshot] = frames;
      expect(snapshot).toMatchObject({ isSnapshot: true });
      const ids = frames
        .flatMap((event) => (event.kind === 'trades' ? event.trades : []))
        .map(({ seq }) => seq);
      expect(ids.slice(0, 50)).toHaveLength(50);
      expect(ids).toEqual(Array.from(ids, (_, i) => ids[0]! + i));
    }
  });

  it('beats each second, and greets with its status', () => {
    const beats = client.arrivals.filter(({ text }) => text === '{"channel":"heartbeat"}');
    expect(beats).toHaveLength(MINUTES * 60 + 2);
    expect(client.events()[0]).toEqual({ kind: 'status', isOnline: true, what: 'online' });
  });

  it('ends each bar as its truth', () => {
    for (const symbol of SYMBOLS.kraken) {
      const last = new Map(
        client
          .events()
          .flatMap((event) =>
            event.kind === 'kline' && event.symbol === symbol ? [[event.openTime, event] as const] : [],
          ),
      );
      for (let minute = FIRST; minute < FIRST + MINUTES; minute++) {
        const { openTime, trades, ...truth } = twin.truth(symbol, minute);
        if (trades > 0) expect(last.get(openTime)).toMatchObject({ ...truth, trades });
        else expect(last.has(openTime)).toBe(false);
      }
    }
  });

  it('trades a little apart from Bybit', () => {
    for (let minute = FIRST - 600; minute < FIRST; minute += 7) {
      const [kraken, bybit] = [twin.truth('BTC/USDT', minute), whole.bybit.twin.truth('BTCUSDT', minute)];
      const apart = Math.log(kraken.close / bybit.close);
      expect(apart).toBeGreaterThan(-0.0015);
      expect(apart).toBeLessThan(0.0025);
      expect(kraken.close).not.toBe(bybit.close);
    }
  });

  it('refuses as Kraken does', () => {
    const strict = twinOf('kraken');
    const client = new Client(strict);
    const ask = (request: unknown) => {
      client.connection.send(typeof request === 'string' ? request : JSON.stringify(request));
      return JSON.parse(client.arrivals.at(-1)!.text) as Record<string, unknown>;
    };
    const book = (symbol: string, depth: number) =>
      ask({ method: 'subscribe', params: { channel: 'book', symbol: [symbol], depth }, req_id: 4 });
    expect(book('XBT/USDT', 10)).toMatchObject({
      error: 'Currency pair not supported XBT/USDT',
      success: false,
      symbol: 'XBT/USDT',
      req_id: 4,
    });
    expect(book('BTC/USDT', 11)).toMatchObject({ error: 'Subscription depth not supported', success: false });
    book('BTC/USDT', 10);
    expect(book('BTC/USDT', 10)).toMatchObject({ error: 'Already subscribed' });
    expect(ask('garbage')).toMatchObject({ error: 'Malformed request', success: false });
    expect(ask({ method: 'ping', req_id: 9 })).toMatchObject({ method: 'pong', req_id: 9 });
  });
});

it('knows neither other symbols nor faults of them', () => {
  const twin = twinOf('bybit');
  expect(() => twin.truth('NOPE', FIRST)).toThrow('Expected a symbol of bybit (BTCUSDT, LTCUSDT)');
  expect(() => twin.schedule([{ kind: 'halt', venue: 'bybit', afterMs: 0, symbol: 'NOPE' }])).toThrow('NOPE');
  expect(() => twin.schedule([{ kind: 'drop', venue: 'kraken', afterMs: 0 }])).toThrow('faults of bybit');
  expect(() => twinOf('kraken', { symbols: ['NOPE/USDT'] })).toThrow('Expected a simulated pair (BTC/USDT');
});
