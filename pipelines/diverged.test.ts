import { beforeAll, describe, expect, it } from 'vitest';
import { SimulatedMarket } from '../connectors/exchanges/simulated/market.ts';
import type { Candle } from '../schemas/candle.ts';
import { FeatureRow } from '../schemas/feature-row.ts';
import { ScalpSignal } from '../schemas/scalp-signal.ts';
import { newCandle } from '../transforms/candles/new-candle.ts';
import type { ScriptedTurn } from './runners/embedded/testing.ts';
import { barsMessage, distinct, type GraphRun, MINUTE, runGraph } from './signals.fixture.ts';
import { simulatedBars } from './simulated.fixture.ts';

const START = Date.UTC(2026, 2, 1, 12);
const HOUR = 60 * MINUTE;
const market = new SimulatedMarket(1).of('BTCUSDT');
let history: Candle[];
let bybit: Candle[];

beforeAll(async () => {
  const before = (interval: Candle['interval'], hours: number) =>
    simulatedBars(market, interval, START - hours * HOUR, START);
  history = [...(await before('1m', 4)), ...(await before('15m', 40)), ...(await before('1h', 210))];
  bybit = await simulatedBars(market, '1m', START, START + 3 * HOUR);
});

/** The same minutes as Kraken traded them: `premium` is the share by which its close lies above Bybit's. */
function krakenBars(premium: (openTime: number) => number): Candle[] {
  return bybit.map((bar) => {
    const close = bar.close * (1 + premium(bar.openTime));
    const [high, low] = [Math.max(bar.high, close), Math.min(bar.low, close)];
    return newCandle({ ...bar, venue: 'kraken', symbol: 'XBT/USDT', close, high, low });
  });
}

/** Both venues minute by minute. */
async function run(kraken: readonly Candle[]): Promise<GraphRun> {
  const trades = bybit.map((bar, i): ScriptedTurn => {
    const bars = [bar, ...kraken.slice(i, i + 1)];
    return { messages: bars.map(barsMessage), watermarkMs: bar.openTime + MINUTE };
  });
  return runGraph({ trades }, { history, emitAfterMs: START });
}

const signalsOf = ({ published }: GraphRun) =>
  distinct(published, 'trade-signals-micro').map(({ json }) => ScalpSignal.parse(JSON.parse(json)));
const rowsOf = ({ published }: GraphRun) =>
  distinct(published, 'market-features').map(({ json }) => FeatureRow.parse(JSON.parse(json)));
const without = (signals: readonly ScalpSignal[], ms: number) =>
  signals.filter(({ timestamp }) => timestamp !== ms).map(({ id }) => id);

describe('a pair on two venues', () => {
  it('has the signals of the lead alone while the other agrees, but for a basis it always keeps', async () => {
    const alone = signalsOf(await run([]));
    expect(alone.length).toBeGreaterThan(5);
    expect(signalsOf(await run(krakenBars(() => 0))).map(({ id }) => id)).toEqual(alone.map(({ id }) => id));
    // A steady premium of 2 % is no divergence once three minutes have shown it to be the basis.
    const steady = await run(krakenBars(() => 0.02));
    const diverged = rowsOf(steady).filter(({ suppressions }) => suppressions.includes('DIVERGED'));
    expect(diverged.map(({ openTime }) => (openTime - START) / MINUTE)).toEqual([0, 1, 2]);
    expect(new Set(rowsOf(steady).map(({ venue }) => venue))).toEqual(new Set(['bybit']));
  });

  it('has no signal on a bar whose price the other does not confirm, and its row says so', async () => {
    const alone = signalsOf(await run([]));
    const judged = alone[3]!;
    const apart = await run(krakenBars((openTime) => (openTime + MINUTE === judged.timestamp ? 0.01 : 0)));
    expect(signalsOf(apart).map(({ id }) => id)).toEqual(without(alone, judged.timestamp));
    const rows = rowsOf(apart).filter(({ suppressions }) => suppressions.length > 0);
    expect(rows.map(({ closeTime, suppressions }) => [closeTime, suppressions])).toEqual([
      [judged.timestamp, ['DIVERGED']],
    ]);
    // (close − 1.01 close) / 1.01 close
    expect(rows[0]!.priceDeviation).toBeCloseTo(-0.01 / 1.01, 12);
  });

  it('has one on a bar just within the limit of 0.5 %', async () => {
    const alone = signalsOf(await run([]));
    const judged = alone[3]!;
    const near = await run(krakenBars((openTime) => (openTime + MINUTE === judged.timestamp ? 0.00502 : 0)));
    // −0.00502 / 1.00502 = −0.004995
    expect(signalsOf(near).map(({ id }) => id)).toEqual(alone.map(({ id }) => id));
  });
});
