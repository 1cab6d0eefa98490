import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import { pullAll } from '../../connectors/bus/fixture.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { openCandleFile } from '../../connectors/files/candles.ts';
import { candlesOf, keepNewest } from '../../connectors/state/records.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import type { Candle } from '../../schemas/candle.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { DEFAULT_MACRO_PARAMS } from '../../schemas/macro-params.ts';
import { needRealData } from '../../test/real-data.ts';
import { candle } from '../../transforms/candle.fixture.ts';
import { REAL_SYMBOLS, readRealCandles } from '../../transforms/real-candles.fixture.ts';
import { expectAsModel } from './as-model.fixture.ts';
import { SLOT_MS } from './bias.ts';
import { type MacroDecision, macroOf, macroSpans } from './macro.ts';
import { withRollUps } from './market.fixture.ts';
import { runMacro } from './run.ts';

/** Every slot of a market, from its first bar on. */
function slotsOf(candles: readonly Candle[]): number[] {
  const first = Math.ceil(candles[0]!.openTime / SLOT_MS);
  const last = Math.floor(Math.max(...candles.map(({ openTime }) => openTime)) / SLOT_MS);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * SLOT_MS);
}

/** What a change of rules changes; where one is meant, copy what the test says it got. */
function countsOf(decisions: readonly MacroDecision[]) {
  const engaged = decisions.filter(
    ({ bias: { bias } }, i) => bias !== null && bias !== (decisions[i - 1]?.bias.bias ?? null),
  );
  const side = (wanted: 'LONG' | 'SHORT') => decisions.filter(({ swing }) => swing?.side === wanted).length;
  return {
    judged: decisions.filter(({ bias }) => !bias.reasons.some((reason) => reason.includes('not judged')))
      .length,
    biased: decisions.filter(({ bias }) => bias.bias !== null).length,
    engaged: engaged.length,
    long: side('LONG'),
    short: side('SHORT'),
  };
}

/** Each decision from no more than the spans of its slot; every 97th, as all take long. */
function expectNoLookahead(
  pair: string,
  candles: readonly Candle[],
  decisions: readonly MacroDecision[],
): void {
  for (let i = 0; i < decisions.length; i += 97) {
    const slot = decisions[i]!.bias.timestamp;
    const spans = new Map(
      macroSpans(slot, DEFAULT_MACRO_PARAMS).map((span) => [span.timeframe as string, span]),
    );
    const known = candles.filter(({ interval, openTime }) => {
      const span = spans.get(interval);
      return span !== undefined && openTime >= span.fromMs && openTime < span.toMs;
    });
    expect(macroOf(pair, known, DEFAULT_MACRO_PARAMS)(slot)).toEqual(decisions[i]);
  }
}

/** Limits that hold whatever the rules say. */
function expectSound(decisions: readonly MacroDecision[]): void {
  for (const [i, { bias, swing }] of decisions.entries()) {
    const { long, short } = bias.confidence;
    const points = bias.bias === 'LONG' ? long : short;
    if (bias.bias !== null) {
      expect(points).toBeGreaterThanOrEqual(70);
      expect(bias.expires_at).toBeGreaterThan(bias.timestamp);
      expect(bias.expires_at - bias.timestamp).toBeLessThanOrEqual(4 * 3_600_000);
    }
    const isNew = bias.bias !== null && decisions[i - 1]?.bias.bias !== bias.bias;
    if (isNew) expect(points).toBeGreaterThanOrEqual(80);
    expect(swing !== null).toBe(isNew);
    if (swing === null) continue;
    const target = Math.abs(swing.tp / swing.entry - 1);
    // Prices are rounded to a millionth.
    expect(target).toBeGreaterThan(0.01 - 1e-6);
    expect(target).toBeLessThan(0.03 + 1e-6);
  }
}

/** 4h bars are judged from their hundredth on, after 16 days and a half. */
describe('30 real days', () => {
  const rolledUp = async (context: Pick<TestContext, 'skip'>, symbol: (typeof REAL_SYMBOLS)[number]) =>
    withRollUps(await readRealCandles(context, symbol, '1m')).filter(({ interval }) => interval !== '1m');

  it.for([
    ['BTCUSDT', { judged: 1267, biased: 240, engaged: 20, long: 9, short: 11 }],
    ['ETHUSDT', { judged: 1267, biased: 172, engaged: 10, long: 1, short: 9 }],
    ['SOLUSDT', { judged: 1267, biased: 316, engaged: 22, long: 3, short: 19 }],
    ['DOGEUSDT', { judged: 1267, biased: 283, engaged: 18, long: 0, short: 18 }],
    ['ADAUSDT', { judged: 1267, biased: 360, engaged: 26, long: 0, short: 26 }],
  ] as const)(
    'of %s are decided as the naive reading of the rules has it',
    async ([symbol, counts], context) => {
      const candles = await rolledUp(context, symbol);
      const decisions = expectAsModel(candles, slotsOf(candles), DEFAULT_MACRO_PARAMS);
      expectSound(decisions);
      expectNoLookahead(symbol, candles, decisions);
      expect(countsOf(decisions)).toEqual(counts);
    },
  );

  it('are published as decided, from the state store over the bus, each slot run twice', async (context) => {
    const markets = new Map<string, Candle[]>();
    for (const symbol of REAL_SYMBOLS) markets.set(symbol, await rolledUp(context, symbol));
    const slots = slotsOf(markets.get('BTCUSDT')!).slice(-96);
    const clock = new ManualClock(slots[0]!);
    const store = await openSqliteStore({
      path: join(mkdtempSync(join(tmpdir(), 'macro-')), 'state.sqlite'),
      clock,
    });
    const bus = await openEmbeddedBus({ dir: null, clock });
    const biases = await bus.subscribe('macro-bias-updates', 'test', { maxOutstanding: 10_000 });
    const swings = await bus.subscribe('trade-signals-macro', 'test', { maxOutstanding: 10_000 });
    await Promise.all([...markets.values()].flat().map((bar) => keepNewest(store, 'candle', bar)));
    const engine = {
      pairs: REAL_SYMBOLS.map((symbol) => ({
        pair: symbol,
        instruments: [{ venue: 'bybit', symbol }] as const,
      })),
      known: (query: Parameters<typeof candlesOf>[1]) => candlesOf(store, query),
      // The newest bars of the market are its last ones: of those before its first the exchange knows nothing either.
      exchange: async () => [],
      bus,
      clock,
      params: DEFAULT_MACRO_PARAMS,
    };
    for (const slot of slots) {
      await clock.advanceTo(slot + 30_000);
      const run = await runMacro(engine);
      expect(run).toMatchObject({ slot, failed: [] });
      expect(await runMacro(engine)).toEqual(run);
    }
    const wanted = [...markets].flatMap(([pair, candles]) => {
      const decide = macroOf(pair, candles, DEFAULT_MACRO_PARAMS);
      return slots.map((slot) => decide(slot));
    });
    const gotBiases = (await pullAll(biases, wanted.length)).map(({ data }) =>
      MacroBias.parse(JSON.parse(String(data))),
    );
    const wantedSwings = wanted.flatMap(({ swing }) => swing ?? []);
    const gotSwings = (await pullAll(swings, wantedSwings.length)).map(({ data }) =>
      SwingSignal.parse(JSON.parse(String(data))),
    );
    expect(byId(gotBiases)).toEqual(byId(wanted.map(({ bias }) => bias)));
    expect(byId(gotSwings)).toEqual(byId(wantedSwings));
    expect(gotSwings.length).toBeGreaterThan(0);
    // Nothing came twice.
    expect([biases.backlog(), swings.backlog()]).toEqual([gotBiases.length, gotSwings.length]);
    await bus.close();
    await store.close();
  });
});

function byId<T extends { readonly id: string }>(records: readonly T[]): Map<string, T> {
  return new Map(records.map((record) => [record.id, record]));
}

/** With two months more to look back on. */
describe('90 real days', () => {
  it.for([
    ['BTCUSDT', { judged: 7029, biased: 1387, engaged: 105, long: 78, short: 27 }],
    ['ETHUSDT', { judged: 7029, biased: 1288, engaged: 86, long: 62, short: 24 }],
    ['SOLUSDT', { judged: 7029, biased: 1519, engaged: 102, long: 50, short: 52 }],
    ['XRPUSDT', { judged: 7029, biased: 1368, engaged: 111, long: 50, short: 61 }],
  ] as const)(
    'of %s are decided as the naive reading of the rules has it',
    async ([symbol, counts], context) => {
      const file = needRealData(
        context,
        `candles/bybit-linear-${symbol.toLowerCase()}-5m-2025-04-03.parquet`,
      );
      const bars: Candle[] = [];
      for await (const { rows } of await openCandleFile(file, '5m')) {
        for (const row of rows) bars.push(candle({ ...row, symbol, interval: '5m' }));
      }
      const candles = withRollUps(bars);
      const decisions = expectAsModel(candles, slotsOf(candles), DEFAULT_MACRO_PARAMS);
      expectSound(decisions);
      expectNoLookahead(symbol, candles, decisions);
      expect(countsOf(decisions)).toEqual(counts);
    },
  );
});
