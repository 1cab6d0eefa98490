import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../bq/catalog.ts';
import { statementOfQuery } from '../../bq/compose.ts';
import { exitOnBar } from '../../functions/trade-desk/fills.ts';
import { DeskParams } from '../../schemas/desk-params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { TABLE_NAMES } from '../../schemas/tables.ts';
import {
  type ModelBar,
  type ModelFunding,
  type ModelSignal,
  type ModelTrade,
  modelTrades,
} from './backtest.model.ts';
import { CASES, type Case, FROM, givenOf, tablesOfCase } from './backtest-cases.ts';
import { duckDbOf, type SeededDuckDb, withParams } from './engines.ts';
import type { Tables } from './seeded.ts';

const EMPTY = Object.fromEntries(TABLE_NAMES.map((name) => [name, []])) as unknown as Tables;
const QUERY = statementOfQuery(queries().find(({ name }) => name === 'backtest_trades')!);
const RUNS = { numRuns: 25, seed: 20_250_601 };

let duckDb: SeededDuckDb;
beforeAll(async () => {
  duckDb = await duckDbOf(EMPTY);
});
afterAll(() => duckDb.close());

/** Trades in the order of their entries. */
async function sqlTrades(one: Case): Promise<ModelTrade[]> {
  const { rows } = await duckDb.queryWith(tablesOfCase(one), withParams(QUERY, givenOf(one.params)));
  return inOrder(rows as unknown as ModelTrade[]);
}

function inOrder(trades: readonly ModelTrade[]): ModelTrade[] {
  return trades.toSorted((a, b) => a.entry_ms - b.entry_ms || (a.signal_id < b.signal_id ? -1 : 1));
}

/** The last digit of a double depends on the order of its operations. */
const close = (value: number | null) =>
  value === null ? null : expect.closeTo(value, 11 - Math.ceil(Math.log10(Math.abs(value) + 1)));

describe('backtest_trades', () => {
  it('is what a walk through signals and bars gives, trade for trade', async () => {
    const kinds = new Set<string | null>();
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(CASES, async (one) => {
        const expected = inOrder(modelTrades(one.signals, one, one.params));
        const got = await sqlTrades(one);
        expect(got.map((trade) => trade.signal_id)).toEqual(expected.map((trade) => trade.signal_id));
        for (const [i, trade] of expected.entries()) {
          expect(got[i]).toMatchObject({
            ...trade,
            entry_price: close(trade.entry_price),
            exit_price: close(trade.exit_price),
            funding_return: close(trade.funding_return),
            net_return: close(trade.net_return),
          });
          kinds.add(trade.exit_kind);
        }
        refused += one.signals.length - expected.length;
      }),
      RUNS,
    );
    expect([...kinds].sort()).toEqual(['LIQUIDATED', 'SL', 'TIMEOUT', 'TP', null].sort());
    expect(refused).toBeGreaterThan(50);
  });

  it('ends each trade where the desk’s paper broker ends it', () => {
    let compared = 0;
    fc.assert(
      fc.property(CASES, (one) => {
        for (const trade of modelTrades(one.signals, one, one.params)) {
          const signal = one.signals.find(({ id }) => id === trade.signal_id)!;
          const exit = brokerExit(signal, trade, one);
          expect(exit?.exit ?? null).toBe(trade.exit_kind);
          if (exit === null) continue;
          expect(exit.ts).toBe(trade.exit_ms);
          expect(Math.abs(exit.price / trade.exit_price! - 1)).toBeLessThan(1e-9);
          compared += 1;
        }
      }),
      RUNS,
    );
    expect(compared).toBeGreaterThan(150);
  });

  it('knows no future: what happens later changes nothing that was over, nor what was entered', async () => {
    await fc.assert(
      fc.asyncProperty(CASES, fc.integer({ min: 10, max: 60 }), async (one, minute) => {
        const now = FROM + minute * MINUTE_MS;
        const before = await sqlTrades(one);
        const after = await sqlTrades(perturbedAfter(one, now));
        expect(over(after, now)).toEqual(over(before, now));
        expect(entered(after, now)).toEqual(entered(before, now));
      }),
      { ...RUNS, numRuns: 10 },
    );
  });
});

const over = (trades: readonly ModelTrade[], now: number) => trades.filter((trade) => trade.exit_ms <= now);
const entered = (trades: readonly ModelTrade[], now: number) =>
  trades.filter((trade) => trade.entry_ms <= now).map((trade) => trade.signal_id);

/** All bars that close after `now` are others, funding too, and signals after it are gone. */
function perturbedAfter(one: Case, now: number): Case {
  const moved = (bar: ModelBar): ModelBar => {
    const [low, high] = [bar.low * 0.9, bar.high * 1.2];
    return { ...bar, open: high, low, high, close: low };
  };
  const changed = (seen: ModelFunding) => ({ ...seen, rate: -3 * seen.rate });
  return {
    ...one,
    signals: one.signals.filter((signal) => signal.ts <= now),
    bars: one.bars.map((bar) => (bar.openTime + MINUTE_MS > now ? moved(bar) : bar)),
    fundings: one.fundings.map((seen) => (seen.ts > now ? changed(seen) : seen)),
  };
}

function brokerExit(signal: ModelSignal, trade: ModelTrade, { bars, params }: Case) {
  const sign = signal.side === 'LONG' ? 1 : -1;
  const desk = DeskParams.parse({
    liquidity: { withoutBook: params.exitSlippage },
    paper: { timeoutMs: params.timeoutMin * MINUTE_MS, maintenanceMargin: params.maintenanceMargin },
  });
  const position = {
    signalId: signal.id,
    venue: 'bybit',
    symbol: signal.symbol,
    pair: signal.symbol,
    side: signal.side,
    status: 'OPEN',
    entry: trade.entry_price,
    size: 1,
    leverage: signal.leverage,
    halved: false,
    tp: params.takeProfit > 0 ? signal.entry * (1 + sign * params.takeProfit) : signal.tp,
    sl: params.stopLoss > 0 ? signal.entry * (1 - sign * params.stopLoss) : signal.sl,
    signalEntry: signal.entry,
    expiresAt: signal.ts,
    since: trade.entry_ms,
    entryFee: 0,
  } as const;
  const horizon =
    Math.ceil(trade.entry_ms / MINUTE_MS) * MINUTE_MS + (params.timeoutMin + params.lateMin) * MINUTE_MS;
  const seen = bars.filter(({ symbol, openTime }) => symbol === signal.symbol && openTime < horizon);
  for (const bar of seen.toSorted((a, b) => a.openTime - b.openTime)) {
    const closed = {
      ...bar,
      venue: 'bybit',
      pair: bar.symbol,
      closeTime: bar.openTime + MINUTE_MS,
      volume: 1,
    } as const;
    const exit = exitOnBar(position as never, closed as never, desk);
    if (exit) return exit;
  }
  return null;
}
