import { beforeAll, describe, expect, it } from 'vitest';
import { needRealData, realData } from '../test/real-data.ts';
import { readHistory } from './replay/history.ts';
import { KNOWN_AT, linesAfter, type Replayed, type ReplayTopic, replayBars } from './replayed.fixture.ts';

const FILE = 'candles/bybit-linear-solusdt-1m-2025-05-30.parquet';
const DAY = 86_400_000;
const FROM = Date.UTC(2025, 5, 10);
/** Within the span of every longer bar. */
const CUT = FROM + 1.5 * DAY + 7 * 60_000;

describe('three days of a symbol, and the second half of them after a warm start', () => {
  let whole: Replayed;
  let second: Replayed;

  beforeAll(async () => {
    const path = realData(FILE);
    if (path === null) return;
    const files = [{ symbol: 'SOLUSDT', path }];
    whole = await replayBars(files, { fromMs: FROM, toMs: FROM + 3 * DAY });
    const first = await replayBars(files, { fromMs: FROM, toMs: CUT });
    const history = await readHistory(first.out, CUT);
    second = await replayBars(files, { fromMs: CUT, toMs: FROM + 3 * DAY, history });
  }, 60_000);

  it.for(Object.keys(KNOWN_AT) as ReplayTopic[])('have the same %s from there on', (topic, context) => {
    needRealData(context, FILE);
    expect(linesAfter(whole, topic, CUT).length).toBeGreaterThan(3);
    expect(linesAfter(second, topic, CUT)).toEqual(linesAfter(whole, topic, CUT));
  });

  it('tells nothing of before', (context) => {
    needRealData(context, FILE);
    expect(second.lines('trade-signals-micro')).toEqual(linesAfter(second, 'trade-signals-micro', CUT));
  });
});
