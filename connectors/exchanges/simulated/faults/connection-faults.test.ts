import { describe, expect, it } from 'vitest';
import { bybitMapper } from '../../bybit/map.ts';
import type { MarketEvent } from '../../market-event.ts';
import { type Arrival, Client, run, SYMBOLS, twinOf } from '../client.fixture.ts';
import {
  at,
  BTC,
  bookFaults,
  bybit,
  type Cases,
  type ConnectionFaultKind,
  kraken,
  plain,
  tallyOf,
  texts,
} from './runs.fixture.ts';

const plainKraken = run('kraken', [], 60_000).client;
const data = (arrivals: readonly Arrival[]) => texts(arrivals).filter((text) => text.includes('"topic"'));

/** Numbers of elements of `all` that are in `some` too, in the order of `some`. */
function places(all: readonly string[], some: readonly string[]): number[] {
  const place = new Map(all.map((text, i) => [text, i]));
  return some.map((text) => place.get(text) ?? -1);
}

const CASES: Cases<ConnectionFaultKind> = {
  drop: () => {
    const { client, twin } = bybit({ kind: 'drop', afterMs: 10_000 });
    expect(client.closed).toMatchObject([{ code: 1006, atMs: at(10) }]);
    expect(client.arrivals).toEqual(plain.arrivals.filter(({ atMs }) => atMs <= at(10)));
    expect(twin.connections).toBe(0);
  },
  halfOpen: () => {
    const on = bybit({ kind: 'halfOpen', afterMs: 10_000 }, 200);
    on.client.ping();
    expect(on.client.arrivals).toEqual(plain.arrivals.filter(({ atMs }) => atMs <= at(10)));
    expect(on.client.closed).toEqual([]);
  },
  stall: () => {
    const on = bybit({ kind: 'stall', afterMs: 10_000, forMs: 5_000 });
    expect(texts(on.client.arrivals)).toEqual(texts(plain.arrivals));
    const late = on.client.arrivals.filter(({ atMs }, i) => atMs !== plain.arrivals[i]!.atMs);
    expect(new Set(late.map(({ atMs }) => atMs))).toEqual(new Set([at(15)]));
    expect(tallyOf(on)).toMatchObject({ framesDelayed: late.length, connections: 1, state: 'over' });
  },
  slowReader: () => {
    const slow = bybit({ kind: 'slowReader', afterMs: 10_000, forMs: 20_000, amount: 8_000 });
    expect(texts(slow.client.arrivals)).toEqual(texts(plain.arrivals));
    expect(tallyOf(slow).framesDelayed).toBeGreaterThan(50);
    const stuck = bybit({ kind: 'slowReader', afterMs: 0, forMs: 600_000, amount: 100 }, 600);
    expect(stuck.client.closed).toMatchObject([{ code: 1006, reason: 'The client reads too slowly.' }]);
  },
  reorder: () => {
    const on = bybit({ kind: 'reorder', afterMs: 10_000, amount: 7 });
    const order = places(texts(plain.arrivals), texts(on.client.arrivals));
    expect([...order].sort((a, b) => a - b)).toEqual(plain.arrivals.map((_, i) => i));
    expect(order.filter((place, i) => place < (order[i - 1] ?? -1))).toHaveLength(7);
    expect(tallyOf(on)).toMatchObject({ framesDelayed: 7, framesLost: 0 });
  },
  duplicate: () => {
    const on = bybit({ kind: 'duplicate', afterMs: 10_000, amount: 9 });
    const twice = texts(on.client.arrivals).filter((text, i, all) => text === all[i - 1]);
    expect(twice).toHaveLength(9);
    expect([...new Set(texts(on.client.arrivals))]).toEqual(texts(plain.arrivals));
    expect(tallyOf(on).framesAdded).toBe(9);
  },
  gap: () => {
    const on = bybit({ kind: 'gap', afterMs: 10_000, amount: 5, symbol: BTC, stream: 'trades' });
    const got = new Set(texts(on.client.arrivals));
    const lost = texts(plain.arrivals).filter((text) => !got.has(text));
    expect(lost).toHaveLength(5);
    expect(lost.every((text) => text.includes(`publicTrade.${BTC}`))).toBe(true);
    const trades = lost.flatMap((text) => (JSON.parse(text) as { data: unknown[] }).data);
    expect(tallyOf(on)).toMatchObject({ framesLost: 5, tradesWithheld: trades.length });
    const holed = kraken({ kind: 'gap', afterMs: 5_000, amount: 3, symbol: 'BTC/USDT', stream: 'trades' });
    const ids = holed.client.trades('BTC/USDT').map(({ seq }) => seq);
    expect(ids.at(-1)! - ids[0]! + 1 - ids.length).toBe(tallyOf(holed).tradesWithheld);
    expect(
      bookFaults(bybit({ kind: 'gap', afterMs: 9_000, stream: 'book', symbol: BTC }).client.events(), BTC),
    ).toContain('gap');
  },
  deadStream: () => {
    const faults = [
      { kind: 'deadStream', venue: 'bybit', afterMs: 10_000, forMs: 600_000, symbol: BTC, stream: 'trades' },
    ] as const;
    const { client, twin } = run('bybit', faults, 30_000);
    const of = (stream: string) =>
      data(client.arrivals.filter(({ atMs }) => atMs > at(10))).filter((text) => text.includes(stream));
    expect(of(`publicTrade.${BTC}`)).toEqual([]);
    expect(of(`orderbook.50.${BTC}`).length).toBeGreaterThan(10);
    expect(of('publicTrade.LTCUSDT').length).toBeGreaterThan(0);
    expect(twin.report()[0]!.tradesWithheld).toBeGreaterThan(5);
    // Once it is subscribed anew, it is back.
    client.unsubscribe([{ kind: 'trades', symbol: BTC }]);
    client.subscribe([{ kind: 'trades', symbol: BTC }]);
    twin.advanceTo(at(60));
    expect(of(`publicTrade.${BTC}`)).toEqual(
      data(plain.arrivals.filter(({ atMs }) => atMs > at(30))).filter((text) =>
        text.includes(`publicTrade.${BTC}`),
      ),
    );
  },
  snapshotStorm: () => {
    for (const on of [
      bybit({ kind: 'snapshotStorm', afterMs: 10_000, amount: 20 }),
      kraken({ kind: 'snapshotStorm', afterMs: 10_000, amount: 20 }),
    ]) {
      const isBook = (event: MarketEvent) => event.kind === 'book' && event.isSnapshot;
      expect(on.client.events().filter(isBook)).toHaveLength(2 + 2 * 20);
      expect(tallyOf(on).framesAdded).toBe(40);
      for (const symbol of SYMBOLS[on.twin.venue]) expect(bookFaults(on.client.events(), symbol)).toEqual([]);
    }
  },
  brokenBook: () => {
    const leap = bybit({ kind: 'brokenBook', afterMs: 10_000, amount: 1, symbol: BTC });
    expect(bookFaults(leap.client.events(), BTC)[0]).toBe('gap');
    expect(bookFaults(leap.client.events(), 'LTCUSDT')).toEqual([]);
    const wrong = kraken({ kind: 'brokenBook', afterMs: 10_000, amount: 1, symbol: 'BTC/USDT' });
    expect(bookFaults(wrong.client.events(), 'BTC/USDT')[0]).toBe('checksum');
    expect(tallyOf(wrong)).toMatchObject({ framesChanged: 1, framesLost: 0 });
  },
  garbage: () => {
    const { client, twin } = bybit({ kind: 'garbage', afterMs: 10_000, amount: 12 });
    const known = new Set(texts(plain.arrivals));
    const added = texts(client.arrivals).filter((text) => !known.has(text));
    expect(added).toHaveLength(12);
    for (const text of added) expect(() => bybitMapper(50)(text)).toThrow('from Bybit');
    expect(twin.report()[0]!.framesAdded).toBe(12);
  },
  rawBytes: () => {
    const { client } = bybit({ kind: 'rawBytes', afterMs: 10_000, amount: 64 });
    expect(client.closed).toMatchObject([{ code: 1006, atMs: at(10) }]);
  },
  truncated: () => {
    const on = bybit({ kind: 'truncated', afterMs: 10_000, amount: 4 });
    const halves = on.client.arrivals.filter(({ text }, i) => text !== plain.arrivals[i]!.text);
    expect(halves).toHaveLength(4);
    for (const { text } of halves) expect(() => JSON.parse(text)).toThrow();
    expect(tallyOf(on)).toMatchObject({ framesChanged: 4 });
  },
  hugeFrame: () => {
    const { client } = bybit({ kind: 'hugeFrame', afterMs: 10_000, amount: 100_000 });
    const huge = texts(client.arrivals).filter((text) => text.length > 100_000);
    expect(huge.map((text) => Object.keys(JSON.parse(text) as object))).toEqual([
      ['topic', 'channel', 'data'],
    ]);
  },
  unknownChannel: () => {
    for (const { client } of [
      bybit({ kind: 'unknownChannel', afterMs: 10_000, amount: 3 }),
      kraken({ kind: 'unknownChannel', afterMs: 10_000, amount: 3 }),
    ]) {
      expect(client.events().filter(({ kind }) => kind === 'unknown')).toHaveLength(3);
    }
  },
  lateAck: () => {
    const twin = twinOf('bybit');
    const before = new Client(twin);
    twin.schedule([{ kind: 'lateAck', venue: 'bybit', afterMs: 0, forMs: 60_000, amount: 3_000 }]);
    twin.advanceTo(at(1));
    for (const client of [before, new Client(twin)]) {
      const sentMs = twin.now();
      client.subscribeAll(SYMBOLS.bybit);
      twin.advanceTo(sentMs + 9_000);
      const acks = client.arrivals.filter(({ text }) => text.includes('"op":"subscribe"'));
      expect(acks).toMatchObject([{ atMs: sentMs + 3_000 }]);
      expect(client.arrivals.indexOf(acks[0]!)).toBeGreaterThan(20);
    }
    expect(twin.report()).toMatchObject([{ connections: 2, framesDelayed: 2 }]);
  },
};

describe('a fault of connections', () => {
  it.each(Object.entries(CASES))('%s does what it says', (_, check) => check());

  it('strikes one connection or all', () => {
    for (const [scope, struck] of [
      ['one', 1],
      ['all', 3],
    ] as const) {
      const twin = twinOf('bybit');
      const clients = [new Client(twin), new Client(twin), new Client(twin)];
      twin.schedule([{ kind: 'drop', venue: 'bybit', afterMs: 5_000, scope }]);
      twin.advanceTo(at(6));
      expect(clients.filter(({ closed }) => closed.length > 0)).toHaveLength(struck);
      expect(twin.report()[0]!.connections).toBe(struck);
    }
  });

  it('waits for a connection where there is none', () => {
    const twin = twinOf('bybit');
    twin.schedule([{ kind: 'garbage', venue: 'bybit', afterMs: 1_000, amount: 2 }]);
    twin.advanceTo(at(9));
    expect(twin.report()[0]).toMatchObject({ state: 'over', connections: 0 });
    const client = new Client(twin);
    twin.advanceTo(at(10));
    expect(client.arrivals).toHaveLength(2);
    expect(twin.report()[0]!.connections).toBe(1);
  });

  it('that is taken back never happens', () => {
    const twin = twinOf('bybit');
    const client = new Client(twin);
    twin.schedule([{ kind: 'drop', venue: 'bybit', afterMs: 5_000 }]);
    twin.clearSchedule();
    twin.advanceTo(at(10));
    expect(client.closed).toEqual([]);
    expect(twin.report()).toMatchObject([{ state: 'over', connections: 0 }]);
  });

  it('leaves Kraken’s other streams as they were', () => {
    const on = kraken({ kind: 'gap', afterMs: 10_000, amount: 2, stream: 'kline', symbol: 'BTC/USDT' });
    const got = new Set(texts(on.client.arrivals));
    const lost = texts(plainKraken.arrivals).filter((text) => !got.has(text));
    expect(lost.map((text) => text.slice(0, 17))).toEqual(['{"channel":"ohlc"', '{"channel":"ohlc"']);
  });
});
