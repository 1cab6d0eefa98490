import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needRealData } from '../../../test/real-data.ts';
import { Random } from '../../random.ts';
import { mutated, readOrRefuse } from '../fuzz.fixture.ts';
import { OrderBook } from '../order-book.ts';
import {
  BOOK_CAPTURE,
  bookCapture,
  bookText,
  CONTROL,
  controlCapture,
  ohlcText,
  tradeText,
  tradeWire,
} from './frames.fixture.ts';
import { krakenMapper } from './map.ts';

const EDGES = [
  '"',
  ',',
  '0',
  '00',
  '-',
  '.',
  '}',
  ']',
  '[',
  ' ',
  '9',
  '\\',
  'u',
  'e5',
  'X',
  '',
  'null',
  '9'.repeat(20),
];

describe('the fast reader of books', () => {
  const usual = bookText(
    [
      ['64525.0', '0.53807066'],
      ['64524.2', '0.00000000'],
    ],
    [['64525.1', '1.0']],
    2175437505,
  );
  /** A leading space is JSON too, but not the usual text. */
  const slowly = (text: string) => readOrRefuse('kraken', krakenMapper(10), ` ${text}`);

  it('is never more lenient: whatever is changed in a text, both readers agree', () => {
    const change = fc.record({
      at: fc.nat(usual.length - 1),
      cut: fc.nat(3),
      put: fc.constantFrom(...EDGES),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        let text = usual;
        for (const { at, cut, put } of changes) text = text.slice(0, at) + put + text.slice(at + cut);
        expect(readOrRefuse('kraken', krakenMapper(10), text)).toEqual(slowly(text));
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });
});

describe('any text', () => {
  it('is read or refused by name, never anything else', () => {
    const channel = fc.constantFrom('trade', 'book', 'ohlc', 'status', 'heartbeat', 'ticker', 7);
    const message = (fields: Record<string, fc.Arbitrary<unknown>>) =>
      fc.record(fields, { requiredKeys: [] }).map((object) => JSON.stringify(object));
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      message({ channel, type: fc.constantFrom('update', 'snapshot'), data: fc.jsonValue() }),
      message({
        method: fc.oneof(fc.string(), fc.constantFrom('subscribe', 'unsubscribe', 'pong')),
        success: fc.oneof(fc.boolean(), fc.jsonValue()),
        error: fc.oneof(fc.string(), fc.jsonValue()),
        req_id: fc.oneof(fc.integer(), fc.jsonValue()),
        symbol: fc.oneof(fc.string(), fc.jsonValue()),
        result: fc.jsonValue(),
      }),
    );
    const map = krakenMapper(10);
    fc.assert(
      fc.property(frame, (text) => void readOrRefuse('kraken', map, text)),
      { seed: 1, numRuns: 5_000 },
    );
  });

  it('that is huge or deep is refused within seconds, in a short sentence', () => {
    const map = krakenMapper(10);
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const text of [
      'x'.repeat(5_000_000),
      deep,
      `{"channel":"book","data":${deep}}`,
      `{"channel":"trade","type":"update","data":[{"a":${deep}}]}`,
      `{"channel":"${'y'.repeat(1_000_000)}"}`,
      `{"method":"subscribe","success":false,"error":"${'z'.repeat(1_000_000)}"}`,
      `{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[${'{"price":1,"qty":1},'.repeat(200_000)}`,
      `{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[${'{"price":'.repeat(200_000)}`,
    ]) {
      readOrRefuse('kraken', map, text);
    }
  });

  it('of pairs without end leaves a bounded memory', () => {
    const map = krakenMapper(10);
    for (let i = 0; i < 5_000; i++) map(ohlcText(0, '00:30.0', { symbol: `S${i}/USDT` }));
    const closedOf = (symbol: string) =>
      map(ohlcText(1, '01:01.0', { symbol })).filter((event) => event.kind === 'kline' && event.isClosed);
    expect(closedOf('S4999/USDT')).toHaveLength(1);
    expect(closedOf('S0/USDT')).toHaveLength(0);
  });
});

describe('captured frames', () => {
  it('with bytes changed, cut, doubled or swapped are read or refused by name, and no book shows nonsense', (context) => {
    const frames = [
      ...bookCapture(needRealData(context, BOOK_CAPTURE)),
      ...controlCapture(needRealData(context, CONTROL)),
      tradeText([tradeWire(), tradeWire({ trade_id: 8 })]),
    ];
    const random = new Random(4);
    const map = krakenMapper(10);
    const book = new OrderBook();
    const outcomes = { read: 0, refused: 0, faults: 0 };
    for (let run = 0; run < 20_000; run++) {
      const frame = frames[random.whole(0, frames.length - 1)]!;
      const events = readOrRefuse('kraken', map, mutated(frame, frames, random));
      outcomes[events ? 'read' : 'refused'] += 1;
      for (const event of events ?? []) {
        if (event.kind === 'book' && book.apply(event)) outcomes.faults += 1;
        const top = book.top();
        expect(top === null || top.bestBid < top.bestAsk).toBe(true);
      }
    }
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(1_000);
  }, 20_000);
});
