import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { DeadLetter } from '../../schemas/dead-letter.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { encodePubsubMessage } from '../../schemas/pubsub-message.ts';
import {
  decodeTradeBatch,
  encodeBarBatch,
  encodeTradeBatch,
  type TradeRow,
} from '../../schemas/trade-batch.ts';
import { batchOf, candlesOf, partsOf, T0, trade } from '../candles/candles.fixture.ts';
import { countSeconds } from '../candles/second-set.ts';
import type { MinutePart } from '../market-data.ts';
import { type DecodeOutput, decodeSnapshots, decodeTrades as decodeTradesIn } from './decode.beam.ts';

const DISORDER_MS = 2_000;
const decodeTrades = (bytes: Uint8Array) => decodeTradesIn(bytes, { allowedDisorderMs: DISORDER_MS });

const message = (data: Uint8Array, attributes: Record<string, string> = { id: 'm1', ts: String(T0) }) =>
  encodePubsubMessage({ data, attributes, messageId: '42', orderingKey: 'bybit:BTCUSDT' });
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const ofKind = <K extends MinutePart['kind']>(outputs: Iterable<DecodeOutput>, kind: K) =>
  [...outputs].flatMap((output) =>
    'ok' in output && output.ok.value.kind === kind
      ? [{ ts: output.ok.ts - T0, part: output.ok.value as MinutePart & { kind: K } }]
      : [],
  );
const rowsOf = (payload: Uint8Array): TradeRow[] => {
  const batch = decodeTradeBatch(payload);
  return Array.from({ length: batch.count }, (_, row) => {
    const { venue, symbol, ...rest } = batch.trade(row);
    return rest;
  });
};

describe('a message of trades', () => {
  it('stays as it is where all its trades lie in one minute', () => {
    const data = batchOf([trade(5, 10), trade(6, 11)], { fromMs: T0, toMs: T0 + 10_000 });
    const bytes = message(data);
    const [only, ...more] = ofKind(decodeTrades(bytes), 'trades');
    expect(more).toEqual([]);
    expect(Uint8Array.from(only?.part.payload ?? [])).toEqual(data);
    // It waits for the end of its minute's lateness: the rest of the message does not wait with it.
    expect(only?.part.payload.buffer).not.toBe(bytes.buffer);
    expect(countSeconds(only?.part.healthy ?? { low: 0, high: 0 })).toBe(10);
    expect(only?.part.fold).toMatchObject({
      trades: 2,
      first: { price: 10 },
      last: { price: 11 },
      volume: 2,
    });
  });

  it('is split where it spans minutes, and vouches for silent ones with the newest trade before', () => {
    const rows = [trade(59_999, 1), trade(60_000, 2), trade(5 * MINUTE_MS, 3)];
    const outputs = decodeTrades(
      message(batchOf(rows, { fromMs: T0 + 30_000, toMs: T0 + 6 * MINUTE_MS + 1_500 })),
    );
    const trades = ofKind(outputs, 'trades');
    expect(trades.map(({ part }) => rowsOf(part.payload))).toEqual(rows.map((row) => [row]));
    expect(trades.map(({ part }) => countSeconds(part.healthy))).toEqual([30, 60, 60]);
    const silent = ofKind(outputs, 'pulse').map(({ ts, part }) => [
      ts / MINUTE_MS,
      countSeconds(part.healthy),
      part.last?.price,
    ]);
    expect(silent).toEqual([
      [2, 60, 2],
      [3, 60, 2],
      [4, 60, 2],
      [6, 1, 3],
    ]);
  });

  it('tells of the last trade its publisher knew', () => {
    const last = { ts: T0 - 7, seq: 3, price: 9.5 };
    const claim = { fromMs: T0, toMs: T0 + MINUTE_MS };
    const data = encodeTradeBatch({ venue: 'bybit', symbol: 'X', claim, last, trades: [] });
    expect(ofKind(decodeTrades(message(data)), 'pulse').map(({ part }) => part.last)).toEqual([last]);
  });

  it('loses and invents nothing when it is split, in whatever order its trades are', () => {
    const anyId = fc.constantFrom<(n: number) => string>(
      String,
      (n) => `#${n}`,
      (n) => `x${n}`,
      (n) => `0f8fad5b-d9cb-469f-a165-${String(n).padStart(12, '0')}`,
    );
    fc.assert(
      fc.property(fc.array(fc.nat(10 * MINUTE_MS), { minLength: 1 }), anyId, (times, idOf) => {
        const rows = times.map((ms, seq) => trade(ms, 1 + (ms % 7) / 10, 0.5, { seq, tradeId: idOf(seq) }));
        const parts = ofKind(decodeTrades(message(batchOf(rows))), 'trades');
        const bySeq = (a: TradeRow, b: TradeRow) => a.seq - b.seq;
        expect(parts.flatMap(({ part }) => rowsOf(part.payload)).sort(bySeq)).toEqual(rows);
        for (const { ts, part } of parts) {
          const open = T0 + ts - (ts % MINUTE_MS);
          expect(rowsOf(part.payload).every((row) => row.ts >= open && row.ts < open + MINUTE_MS)).toBe(true);
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('a message of bars', () => {
  const [minute] = candlesOf(partsOf(batchOf([trade(1, 5)], { fromMs: T0, toMs: T0 + MINUTE_MS })));
  const hour = { ...minute!, interval: '1h' as const };
  const bars = (...candles: (typeof hour | NonNullable<typeof minute>)[]) =>
    message(encodeBarBatch({ venue: 'bybit', symbol: 'BTCUSDT', candles }));

  it('makes a minute of a 1m bar, and hands longer ones on', () => {
    const outputs = [...decodeTrades(bars(minute!, hour))];
    expect(ofKind(outputs, 'bar').map(({ ts, part }) => [ts, part.candle])).toEqual([[0, minute]]);
    expect(outputs.filter((output) => 'known' in output)).toEqual([{ known: hour }]);
  });

  it('is refused where a bar opens at no whole interval', () => {
    const [output] = decodeTrades(bars({ ...hour, openTime: T0 + MINUTE_MS }));
    expect(output).toMatchObject({ dead: { reason: expect.stringMatching(/1h candle at a whole 1h/) } });
  });
});

describe('a snapshot', () => {
  const depth = { bps5: 1, bps10: 2, bps25: 3, bps50: 4 };
  const snapshot: BookSnapshot = {
    id: 'bybit:BTCUSDT:x',
    venue: 'bybit',
    symbol: 'BTCUSDT',
    ts: T0 + 61_000,
    bestBid: 10,
    bestAsk: 11,
    bidDepth: depth,
    askDepth: { ...depth, bps25: 1 },
    lastPrice: 10.5,
    lastTradeTs: T0 + 5,
    lastTradeSeq: 8,
    fundingRate: null,
    nextFundingTime: null,
    markPrice: null,
    openInterest: null,
    connected: true,
    lastTradeAgeMs: 60_995,
    desyncMs: 0,
    publishedTrades: 1,
  };
  const pulseOf = (change: Partial<BookSnapshot>) =>
    ofKind(decodeSnapshots(message(json(z.encode(BookSnapshot, { ...snapshot, ...change })))), 'pulse')[0]
      ?.part;

  it('is one second of its minute', () => {
    expect(pulseOf({})).toEqual({
      kind: 'pulse',
      healthy: { low: 2, high: 0 },
      last: { ts: T0 + 5, seq: 8, price: 10.5 },
      book: { second: 1, bidDepth: 3, askDepth: 1 },
    });
  });

  it('vouches for nothing while the feed is down, and shows no book that is out of sync or one-sided', () => {
    expect(pulseOf({ connected: false })?.healthy).toEqual({ low: 0, high: 0 });
    expect(pulseOf({ desyncMs: 1 })?.book).toBeNull();
    expect(pulseOf({ askDepth: { ...depth, bps25: 0 } })?.book).toBeNull();
    expect(pulseOf({ lastPrice: null })?.last).toBeNull();
  });

  it('is refused where its time cannot be', () => {
    for (const ts of [-1_000, Date.UTC(9999, 0, 1)]) {
      const [output] = decodeSnapshots(message(json(z.encode(BookSnapshot, { ...snapshot, ts }))));
      expect(output).toMatchObject({ dead: { reason: expect.stringMatching(/between 1970 and 9998/) } });
    }
  });

  it('is refused with the field that is wrong', () => {
    const [output] = decodeSnapshots(message(json({ ...z.encode(BookSnapshot, snapshot), ts: 'noon' })));
    expect(output).toMatchObject({
      dead: { stage: 'DecodeSnapshots', reason: expect.stringMatching(/"ts"/) },
    });
  });
});

describe('what cannot be read', () => {
  it('becomes a dead letter with its bytes, its reason and the same id each time', () => {
    const data = new TextEncoder().encode('{"price": 1}');
    const [output] = decodeTrades(message(data));
    expect(output).toEqual({
      dead: {
        id: expect.stringMatching(/^DecodeTrades:[0-9a-f]{16}$/),
        stage: 'DecodeTrades',
        reason: 'Expected a trade batch (43 54 42 …), got 7b 22 70 72.',
        source: 'm1',
        line: null,
        eventTime: T0,
        bytes: Buffer.from(data).toString('base64'),
      },
    });
    expect([...decodeTrades(message(data))]).toEqual([output]);
  });

  it('has a time that can be written, whatever the message says', () => {
    const broken = new Uint8Array([1]);
    for (const ts of ['9000000000000000', '-1', 'noon', '253370764800000']) {
      const [output] = decodeTrades(message(broken, { ts }));
      expect(output).toMatchObject({ dead: { eventTime: 0 } });
    }
  });

  it('says so where not even the message can be read', () => {
    const [output] = decodeTrades(Uint8Array.of(10, 200, 1));
    expect(output).toMatchObject({
      dead: { reason: expect.stringMatching(/PubsubMessage/), source: null, eventTime: 0 },
    });
  });

  it('never throws, whatever the bytes', () => {
    const good = batchOf([trade(1, 5), trade(70_000, 6)], { fromMs: T0, toMs: T0 + 90_000 });
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => message(bytes)),
      fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, value]) => message(good.with(at, value))),
      fc.json().map((text) => message(new TextEncoder().encode(text), {})),
    );
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        for (const output of [...decodeTrades(bytes), ...decodeSnapshots(bytes)]) {
          if ('dead' in output) DeadLetter.parse(z.encode(DeadLetter, output.dead));
        }
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
