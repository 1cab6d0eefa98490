import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../bq/catalog.ts';
import { statementOfQuery } from '../../bq/compose.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { duckDbOf, type Given, type SeededDuckDb, withParams } from './engines.ts';
import { seededTables } from './seeded.ts';
import { iso, type Row, START } from './seeded-market.ts';

/** What backtest_trades gives, as far as it is summed up here. */
interface Trade {
  readonly variant_no: number;
  readonly take_profit: number;
  readonly stop_loss: number;
  readonly timeout_min: number;
  readonly signal_id: string;
  readonly pair: string;
  readonly entry_ms: number;
  readonly exit_ms: number;
  readonly exit_kind: string | null;
  readonly net_return: number | null;
}
type Resolved = Trade & { readonly net_return: number };

const TABLES = seededTables(3);
const GRID: Given = {
  take_profits: [0.002, 0.003, 0.005],
  stop_losses: [0.002, 0.004],
  timeouts_min: [10, 30],
  cooldown_min: 3,
};

let duckDb: SeededDuckDb;
beforeAll(async () => {
  duckDb = await duckDbOf(TABLES);
});
afterAll(() => duckDb.close());

async function rowsOf<T = Row>(name: string, given: Given = {}): Promise<readonly T[]> {
  const query = queries().find((known) => known.name === name)!;
  return (await duckDb.query(withParams(statementOfQuery(query), given))).rows as readonly T[];
}

const isResolved = (trade: Trade): trade is Resolved => trade.net_return !== null;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);
const near = (value: number | null) => (value === null ? null : expect.closeTo(value, 12));

describe('backtest_summary', () => {
  it('adds up the trades, and finds the deepest fall of their sum', async () => {
    const trades = (await rowsOf<Trade>('backtest_trades')).filter(isResolved);
    const inOrder = trades.toSorted((a, b) => a.exit_ms - b.exit_ms || (a.signal_id < b.signal_id ? -1 : 1));
    let [total, peak, fall] = [0, 0, 0];
    for (const { net_return } of inOrder) {
      total += net_return;
      peak = Math.max(peak, total);
      fall = Math.max(fall, peak - total);
    }
    const all = (await rowsOf('backtest_summary', { min_trades: 2 })).find(
      ({ dimension }) => dimension === 'all',
    );
    const returns = trades.map(({ net_return }) => net_return);
    const [gains, losses] = [returns.filter((r) => r > 0), returns.filter((r) => r <= 0)];
    const deviation = Math.sqrt(sum(returns.map((r) => (r - mean(returns)!) ** 2)) / (returns.length - 1));
    expect(all).toMatchObject({
      trades: trades.length,
      net_return: near(sum(returns)),
      expectancy: near(mean(returns)),
      average_win: near(mean(gains)),
      average_loss: near(mean(losses)),
      profit_factor: near(sum(gains) / -sum(losses)),
      max_drawdown: near(fall),
      minutes_in_market: near(sum(trades.map((trade) => trade.exit_ms - trade.entry_ms)) / MINUTE_MS),
      win_rate: near(gains.length / returns.length),
      t_statistic: expect.closeTo((mean(returns)! * Math.sqrt(returns.length)) / deviation, 9),
    });
    expect(trades.length).toBeGreaterThan(10);
  });

  it('says nothing of a sample that is too small', async () => {
    for (const row of await rowsOf('backtest_summary', { min_trades: 1_000 })) {
      expect(row).toMatchObject({ win_rate: null, t_statistic: null });
    }
  });
});

describe('backtest_sensitivity', () => {
  it('sets each set of barriers beside those one step away', async () => {
    const trades = (await rowsOf<Trade>('backtest_trades', GRID)).filter(isResolved);
    const rows = await rowsOf<Trade & { expectancy: number; neighbour_expectancy: number; trials: number }>(
      'backtest_sensitivity',
      GRID,
    );
    expect(rows).toHaveLength(12);
    const expectancy = (row: Trade) =>
      mean(
        trades.filter(({ variant_no }) => variant_no === row.variant_no).map(({ net_return }) => net_return),
      )!;
    const place = (list: unknown, value: number) => (list as number[]).indexOf(value);
    const steps = (a: Trade, b: Trade) =>
      Math.abs(place(GRID.take_profits, a.take_profit) - place(GRID.take_profits, b.take_profit)) +
      Math.abs(place(GRID.stop_losses, a.stop_loss) - place(GRID.stop_losses, b.stop_loss)) +
      Math.abs(place(GRID.timeouts_min, a.timeout_min) - place(GRID.timeouts_min, b.timeout_min));
    for (const row of rows) {
      const around = rows.filter((other) => steps(row, other) === 1);
      expect(row.expectancy).toBeCloseTo(expectancy(row), 12);
      expect(row.neighbour_expectancy).toBeCloseTo(mean(around.map(expectancy))!, 12);
      expect(row.trials).toBe(12);
    }
    expect(rows.map((row) => row.expectancy)).toEqual(
      rows.map((row) => row.expectancy).toSorted((a, b) => b - a),
    );
  });
});

describe('backtest_walk_forward', () => {
  const given = { ...GRID, train_hours: 1, test_hours: 1, min_trades: 2 };

  it('chooses by trades that had ended, and trades the choice on the hour after', async () => {
    const trades = (await rowsOf<Trade>('backtest_trades', GRID)).filter(isResolved);
    const start = Math.floor(Math.min(...trades.map(({ entry_ms }) => entry_ms)) / HOUR_MS) * HOUR_MS;
    const rows = await rowsOf('backtest_walk_forward', given);
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) {
      const from = start + Number(row.window_no) * HOUR_MS;
      const split = from + HOUR_MS;
      const seen = trades.filter(
        ({ entry_ms, exit_ms }) => entry_ms >= from && entry_ms < split && exit_ms <= split,
      );
      const byVariant = [...Map.groupBy(seen, ({ variant_no }) => variant_no)]
        .filter(([, list]) => list.length >= 2)
        .map(([no, list]) => ({
          no,
          expectancy: mean(list.map(({ net_return }) => net_return))!,
          count: list.length,
        }))
        .toSorted((a, b) =>
          Math.abs(b.expectancy - a.expectancy) > 1e-15 ? b.expectancy - a.expectancy : a.no - b.no,
        );
      const test = trades.filter(
        ({ variant_no, entry_ms }) =>
          variant_no === row.variant_no && entry_ms >= split && entry_ms < split + HOUR_MS,
      );
      expect(row).toMatchObject({
        test_from: iso(split),
        train_trades: byVariant.find(({ no }) => no === row.variant_no)?.count,
        train_expectancy: near(byVariant[0]!.expectancy),
        test_trades: test.length,
        test_expectancy: near(mean(test.map(({ net_return }) => net_return))),
      });
    }
  });

  it('chooses the same whatever the hours after bring', async () => {
    const split = START + 2 * HOUR_MS;
    const candles = TABLES.candles.map((row) =>
      Date.parse(String(row.openTime)) >= split
        ? { ...row, low: Number(row.low) * 0.9, high: Number(row.high) * 1.1 }
        : row,
    );
    const query = statementOfQuery(queries().find(({ name }) => name === 'backtest_walk_forward')!);
    const after = (await duckDb.queryWith({ candles }, withParams(query, given))).rows;
    const before = await rowsOf('backtest_walk_forward', given);
    const chosen = (rows: readonly Row[]) =>
      rows
        .filter((row) => Date.parse(String(row.test_from)) <= split)
        .map(({ window_no, variant_no, train_trades, train_expectancy }) => [
          window_no,
          variant_no,
          train_trades,
          // The last digit of a double depends on the order of its additions.
          Number(train_expectancy).toFixed(12),
        ]);
    expect(chosen(before).length).toBeGreaterThan(0);
    expect(chosen(after)).toEqual(chosen(before));
  });
});

describe('backtest_regimes', () => {
  it('splits the trades by what was known at the signal, and loses none', async () => {
    const trades = await rowsOf<Trade>('backtest_trades');
    const rows = await rowsOf<{ trend: string; volatility: string; trades: number }>('backtest_regimes');
    expect(sum(rows.map((row) => row.trades))).toBe(trades.filter(isResolved).length);
    const feature = (trade: Trade) =>
      TABLES.features.find((row) => row.symbol === trade.pair && row.closeTime === iso(trade.entry_ms))!;
    const high = trades.filter(isResolved).filter((trade) => Number(feature(trade).atr) > 20);
    expect(sum(rows.filter(({ volatility }) => volatility === 'HIGH').map((row) => row.trades))).toBe(
      high.length,
    );
  });
});

describe('false_breaks', () => {
  /** 15m closes after a level set of one resistance at 100, known at `at`. */
  const world = (closes: readonly number[], at = START + DAY_MS) => ({
    levels: [
      {
        id: 'l',
        venue: 'bybit',
        symbol: 'X',
        pair: 'X',
        asOf: iso(at),
        revision: 1,
        levels: [{ price: 100, role: 'RESISTANCE', strength: 0.9 }],
      },
    ],
    candles: closes.map((close, i) => ({
      id: String(i),
      venue: 'bybit',
      symbol: 'X',
      interval: '15m',
      openTime: iso(at + i * 15 * MINUTE_MS),
      open: 99.8,
      high: Math.max(close, 99.8),
      low: Math.min(close, 99.8),
      close,
      revision: 1,
    })),
  });

  it.each([
    [
      'holds',
      [99.9, 101, 99],
      { touches: 1, holds: 1, breaks: 0, false_breaks: 0, undecided_breaks: 0, false_break_rate: null },
    ],
    ['is passed by a wick’s tolerance', [100.14, 99], { holds: 1, breaks: 0 }],
    [
      'breaks for good',
      [100.2, 101, 102, 100.5, 101],
      { breaks: 1, false_breaks: 0, undecided_breaks: 0, false_break_rate: 0 },
    ],
    ['breaks falsely', [100.2, 101, 102, 100.5, 99.99], { breaks: 1, false_breaks: 1, false_break_rate: 1 }],
    [
      'breaks, and comes back too late',
      [100.2, 101, 102, 103, 104, 99],
      { breaks: 1, false_breaks: 0, false_break_rate: 0 },
    ],
    [
      'breaks at the end of what is known',
      [100.2, 101],
      { breaks: 1, undecided_breaks: 1, false_break_rate: null },
    ],
    ['is never reached', [99.7], { touches: 1, holds: 1 }],
  ])('knows a level that %s', async (_, closes, expected) => {
    const query = statementOfQuery(queries().find(({ name }) => name === 'false_breaks')!);
    const { rows } = await duckDb.queryWith(world(closes), withParams(query));
    expect(rows).toMatchObject([
      { pair: 'X', role: 'RESISTANCE', strength_fifth: 4, levels_judged: 1, ...expected },
    ]);
  });
});
