import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needRealData } from '../../../test/real-data.ts';
import { Random } from '../../random.ts';
import { mutated, readOrRefuse } from '../fuzz.fixture.ts';
import { CAPTURE, CONTROL, capturedFrames, controlFrames, tradeText, tradeWire } from './frames.fixture.ts';
import { bybitMapper } from './map.ts';

describe('any text', () => {
  it('is read or refused by name, never anything else', () => {
    const topic = fc.constantFrom(
      'publicTrade.X',
      'orderbook.200.X',
      'tickers.X',
      'kline.1.X',
      'kline.1.',
      7,
    );
    const message = (fields: Record<string, fc.Arbitrary<unknown>>) =>
      fc.record(fields, { requiredKeys: [] }).map((object) => JSON.stringify(object));
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      message({ topic, type: fc.constantFrom('delta', 'snapshot'), ts: fc.nat(), data: fc.jsonValue() }),
      message({
        op: fc.oneof(fc.string(), fc.constant('subscribe')),
        success: fc.oneof(fc.boolean(), fc.jsonValue()),
        ret_msg: fc.oneof(fc.string(), fc.jsonValue()),
      }),
    );
    const map = bybitMapper();
    fc.assert(
      fc.property(frame, (text) => void readOrRefuse('bybit', map, text)),
      { seed: 1, numRuns: 5_000 },
    );
  });

  it('that is huge or deep is refused within seconds, in a short sentence', () => {
    const map = bybitMapper();
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const text of [
      'x'.repeat(5_000_000),
      deep,
      `{"topic":"publicTrade.X","ts":1,"data":[{"a":${deep}}]}`,
      `{"topic":"orderbook.200.X","type":"delta","ts":1,"data":{"b":${deep}}}`,
      `{"topic":"${'y'.repeat(1_000_000)}"}`,
      `{"op":"subscribe","success":false,"ret_msg":"${'[topic:'.repeat(200_000)} "}`,
      `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1700000000001,"data":[${'{"T":'.repeat(200_000)}`,
    ]) {
      readOrRefuse('bybit', map, text);
    }
  });

  it('from symbols without end leaves a bounded memory', () => {
    const map = bybitMapper();
    for (let i = 0; i < 20_000; i++) map(tradeText([tradeWire({ s: `S${i}`, i: `${i}` })], `S${i}`));
    expect(map(tradeText([tradeWire({ i: 'a' })]))[0]?.kind).toBe('trades');
  });
});

describe('captured frames', () => {
  it('with bytes changed, cut, doubled or swapped are read or refused by name', (context) => {
    const frames = [
      ...capturedFrames(needRealData(context, CAPTURE), 2),
      ...capturedFrames(needRealData(context, CAPTURE), 3),
      ...controlFrames(needRealData(context, CONTROL)).map(({ frame }) => frame),
    ];
    const random = new Random(4);
    const map = bybitMapper();
    const outcomes = { read: 0, refused: 0 };
    for (let run = 0; run < 20_000; run++) {
      const frame = frames[random.whole(0, frames.length - 1)]!;
      outcomes[readOrRefuse('bybit', map, mutated(frame, frames, random)) ? 'read' : 'refused'] += 1;
    }
    expect(outcomes.read).toBeGreaterThan(1_000);
    expect(outcomes.refused).toBeGreaterThan(1_000);
  }, 20_000);
});
