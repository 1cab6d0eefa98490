import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignalParams } from '../schemas/params.ts';
import type { TradeRow } from '../schemas/trade-batch.ts';
import { fillMinutes } from '../transforms/windows.ts';
import {
  anyDelivery,
  anyMarkets,
  type Delivery,
  IN_ORDER,
  oracleCandles,
  scriptOf,
  type TwoMarkets,
} from './deliveries.fixture.ts';
import type { ScriptedTurn } from './runners/embedded/testing.ts';
import {
  asFinals,
  BTC,
  candlesOf,
  finals,
  type GraphRun,
  MINUTE,
  runGraph,
  T0,
  tradesMessage,
} from './signals.fixture.ts';

const DISORDER = 2_000;
const LATENESS = 120_000;
const params = SignalParams.parse({ market: { allowedDisorderMs: DISORDER, allowedLatenessMs: LATENESS } });

function run(markets: TwoMarkets, delivery: Delivery): Promise<GraphRun> {
  return runGraph(scriptOf(markets, delivery, DISORDER), { params });
}

const lateMinutes = ({ steps }: GraphRun) => steps.find(({ step }) => step === 'GroupIntoMinute/Group')!.late;

describe('however a market reaches the graph', () => {
  it('ends in the same bytes, which are those of the oracle: shuffled, regrouped, twice, and again', async () => {
    const reached = { late: 0, revised: 0, filled: 0 };
    await fc.assert(
      fc.asyncProperty(anyMarkets, anyDelivery(LATENESS + DISORDER), async (markets, delivery) => {
        const oracle = oracleCandles(markets, fillMinutes(params));
        const expected = asFinals(oracle);
        const inOrder = await run(markets, IN_ORDER);
        expect(finals(inOrder.published, 'market-candles')).toEqual(expected);
        const other = await run(markets, delivery);
        expect(other.dropped).toEqual({});
        expect(finals(other.published, 'market-candles')).toEqual(expected);
        for (const topic of ['market-features', 'market-levels'] as const) {
          expect(finals(other.published, topic)).toEqual(finals(inOrder.published, topic));
        }
        reached.late += lateMinutes(other);
        reached.revised +=
          candlesOf(other).length - oracle.filter(({ interval }) => interval === '1m').length;
        reached.filled += oracle.filter(({ filled }) => filled).length;
      }),
      { seed: 1, numRuns: 25 },
    );
    // The properties above would hold of nothing, too.
    expect(reached.late).toBeGreaterThan(500);
    expect(reached.revised).toBeGreaterThan(100);
    expect(reached.filled).toBeGreaterThan(100);
  });

  it('ends in the same signals and rows, every revision alike, where nothing is later than the allowed disorder', async () => {
    await fc.assert(
      fc.asyncProperty(anyMarkets, anyDelivery(DISORDER - 1), async (markets, delivery) => {
        const [inOrder, other] = [await run(markets, IN_ORDER), await run(markets, delivery)];
        const lines = ({ published }: GraphRun) =>
          published.map(({ topic, json }) => `${topic} ${json}`).toSorted();
        expect(lines(other)).toEqual(lines(inOrder));
        expect(lateMinutes(other)).toBe(0);
      }),
      { seed: 2, numRuns: 15 },
    );
  });
});

interface Late {
  readonly trade: TradeRow;
  /** By the definition, from the watermark just before it came. */
  readonly lateness: 'on time' | 'late, kept' | 'late, dropped';
}

/** Each trade alone in its message; classed by hand. */
function classed(arrivals: readonly TradeRow[]): { turns: ScriptedTurn[]; classes: Late[] } {
  let watermarkMs = Number.NEGATIVE_INFINITY;
  const turns: ScriptedTurn[] = [];
  const classes: Late[] = [];
  for (const trade of arrivals) {
    const end = trade.ts - (trade.ts % MINUTE) + MINUTE;
    const isKept = end + LATENESS > watermarkMs;
    const lateness = end > watermarkMs ? 'on time' : isKept ? 'late, kept' : 'late, dropped';
    classes.push({ trade, lateness });
    watermarkMs = Math.max(watermarkMs, trade.ts - DISORDER);
    turns.push({ messages: [tradesMessage(BTC, [trade])], watermarkMs });
  }
  return { turns, classes };
}

describe('a trade', () => {
  const anyArrivals = fc
    .array(
      fc.record({
        at: fc.nat(10 * MINUTE),
        delay: fc.constantFrom(0, 0, 1_000, 30_000, 100_000, 200_000, 300_000),
      }),
      {
        minLength: 10,
        maxLength: 60,
      },
    )
    .map((all) =>
      all
        .map(({ at, delay }, i) => ({ arrives: at + delay, trade: tradeOf(i + 1, T0 + at) }))
        .toSorted((a, b) => a.arrives - b.arrives)
        .map(({ trade }) => trade),
    );

  function tradeOf(seq: number, ts: number): TradeRow {
    return { tradeId: String(seq), seq, ts, price: 100 + (seq % 7), size: seq / 10, side: 'SELL' };
  }

  it('on time is in the first bar, late in a revision, too late in none but counted', async () => {
    const seen = { 'on time': 0, 'late, kept': 0, 'late, dropped': 0 };
    await fc.assert(
      fc.asyncProperty(anyArrivals, async (arrivals) => {
        const { turns, classes } = classed(arrivals);
        const result = await runGraph({ trades: turns }, { params });
        const of = (lateness: Late['lateness']) => classes.filter((each) => each.lateness === lateness);
        for (const name of Object.keys(seen) as Late['lateness'][]) seen[name] += of(name).length;
        const minute = result.steps.find(({ step }) => step === 'GroupIntoMinute/Group')!;
        expect([minute.late, minute.droppedLate]).toEqual([
          of('late, kept').length,
          of('late, dropped').length,
        ]);
        expect(result.dropped['GroupIntoMinute/Group'] ?? 0).toBe(of('late, dropped').length);

        const minuteOf = ({ trade }: Late) => trade.ts - (trade.ts % MINUTE);
        const onTime = Map.groupBy(of('on time'), minuteOf);
        const published = Map.groupBy(candlesOf(result), ({ openTime }) => openTime);
        const kept = Map.groupBy([...of('on time'), ...of('late, kept')], minuteOf);
        expect([...published.keys()].toSorted()).toEqual([...kept.keys()].toSorted());
        for (const [openTime, trades] of kept) {
          const first = onTime.get(openTime) ?? trades.slice(0, 1);
          const counts = published.get(openTime)!.map((candle) => candle.trades);
          // One bar of what was on time, then one for each late trade.
          expect(counts).toEqual(
            Array.from({ length: trades.length - first.length + 1 }, (_, i) => first.length + i),
          );
        }
      }),
      { seed: 3, numRuns: 40 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
  });
});
