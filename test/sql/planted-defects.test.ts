import { afterAll, describe, expect, it } from 'vitest';
import { queries } from '../../bq/catalog.ts';
import { statementOfQuery } from '../../bq/compose.ts';
import type { TableName } from '../../schemas/tables.ts';
import { duckDbOf, type SeededDuckDb, withParams } from './engines.ts';
import { seededTables, type Tables } from './seeded.ts';
import type { Row } from './seeded-market.ts';

const TESTS = queries().filter(({ layer }) => layer === 'tests');
const GOOD = seededTables(1);

type Changed = Partial<Tables>;

/** One table with its rows changed. */
const changed = (table: TableName, change: (rows: readonly Row[]) => readonly Row[]): Changed => ({
  [table]: change(GOOD[table]),
});
/** The first row that suits, and its copies, with some values replaced. */
const altered = (table: TableName, suits: (row: Row) => boolean, values: (row: Row) => Row): Changed =>
  changed(table, (rows) => {
    const found = rows.find(suits);
    if (!found) throw new Error(`no row of ${table} to plant the defect in`);
    return rows.map((row) => (row.id === found.id ? { ...row, ...values(row) } : row));
  });
const without = (table: TableName, suits: (row: Row) => boolean): Changed =>
  changed(table, (rows) => rows.filter((row) => !suits(row)));
const later = (iso: unknown, ms: number) => new Date(Date.parse(String(iso)) + ms).toISOString();
const is = (values: Row) => (row: Row) =>
  Object.entries(values).every(([name, value]) => row[name] === value);
const bestMinute = (row: Row) => row.interval === '1m' && row.complete === true && row.filled === false;
const exit = GOOD.position_events.find(is({ kind: 'EXIT' }))!;
const refused = GOOD.position_events.find((row) => row.refusal !== null)!;

/** Defects by the test that must find them. */
const PLANTED: Record<string, Record<string, Changed>> = {
  one_content_per_id: {
    'a candle told twice with other prices': changed('candles', (rows) => [
      ...rows,
      { ...rows[0], volume: 99 },
    ]),
    'a signal told twice with another entry': changed('scalp_signals', (rows) => [
      ...rows,
      { ...rows[0], entry: 1 },
    ]),
    'an exit told twice at another price': changed('position_events', (rows) => [
      ...rows,
      { ...exit, price: 1 },
    ]),
  },
  gaps_are_in_the_ledger: {
    'a gap without its entry': without('feed_events', is({ kind: 'GAP', symbol: 'ETHUSDT' })),
    'an incomplete minute without its entry': without('feed_events', is({ kind: 'GAP', symbol: 'BTCUSDT' })),
  },
  candles_are_bars: {
    'high below low': altered('candles', bestMinute, ({ low }) => ({ high: Number(low) - 1 })),
    'a close above the high': altered('candles', bestMinute, ({ high }) => ({ close: Number(high) + 1 })),
    'a vwap out of range': altered('candles', bestMinute, ({ high }) => ({ vwap: Number(high) * 2 })),
    'more bought than traded': altered('candles', bestMinute, ({ volume }) => ({
      buyVolume: Number(volume) + 1,
    })),
    'a bar off its grid': altered('candles', is({ interval: '5m' }), ({ openTime }) => ({
      openTime: later(openTime, 60_000),
    })),
    'a filled bar with volume': altered('candles', is({ filled: true }), () => ({ volume: 1 })),
    'complete without coverage': altered('candles', bestMinute, () => ({ coverage: 0.9 })),
  },
  roll_ups_are_sums: {
    'a 15m bar with another close': altered(
      'candles',
      is({ interval: '15m', complete: true }),
      ({ low, close }) => ({ close: (Number(low) + Number(close)) / 2 + 0.01 }),
    ),
    'a 5m bar with more volume': altered('candles', is({ interval: '5m', complete: true }), ({ volume }) => ({
      volume: Number(volume) + 0.001,
    })),
  },
  minutes_are_sums_of_ticks: {
    'a lost trade': without('ticks', is({ seq: 101 })),
    'a minute with another open': altered('candles', bestMinute, ({ open }) => ({
      open: Number(open) + 0.1,
    })),
  },
  signals_stand_on_whole_bars: {
    'a signal on an incomplete bar': changed('candles', (rows) => {
      const { timestamp, symbol } = GOOD.scalp_signals[0]!;
      const openTime = later(timestamp, -60_000);
      return rows.map((row) =>
        is({ symbol, openTime, interval: '1m' })(row) ? { ...row, complete: false } : row,
      );
    }),
    'a signal on a suppressed bar': changed('features', (rows) => {
      const { timestamp: closeTime, symbol } = GOOD.scalp_signals[0]!;
      return rows.map((row) => (is({ symbol, closeTime })(row) ? { ...row, suppressions: ['STALE'] } : row));
    }),
    'a signal on no bar': altered(
      'scalp_signals',
      () => true,
      () => ({ timestamp: '2025-07-01T00:00:00.000Z' }),
    ),
  },
  signals_have_sane_brackets: {
    'a TP on the wrong side': altered(
      'scalp_signals',
      () => true,
      ({ sl }) => ({ tp: sl }),
    ),
    'an SL on the wrong side': altered(
      'scalp_signals',
      () => true,
      ({ tp }) => ({ sl: tp }),
    ),
    'expired before it began': altered(
      'scalp_signals',
      () => true,
      ({ timestamp }) => ({ expires_at: timestamp }),
    ),
  },
  features_know_no_future: {
    'levels of a later close': altered(
      'features',
      ({ levelsAsOf }) => levelsAsOf !== null,
      ({ closeTime }) => ({ levelsAsOf: closeTime }),
    ),
  },
  one_position_per_pair: {
    'an exit that comes after the next entry': altered('position_events', is({ kind: 'EXIT' }), ({ ts }) => ({
      ts: later(ts, 4 * 3_600_000),
    })),
    'an exit that never came': without('position_events', is({ id: exit.id })),
  },
  cooldown_is_kept: {
    'an exit later than told': altered('position_events', is({ kind: 'EXIT' }), (row) => {
      const next = GOOD.position_events.find(
        ({ kind, pair, ts }) => kind === 'ENTRY' && pair === row.pair && String(ts) > String(row.ts),
      )!;
      return { ts: later(next.ts, -60_000) };
    }),
  },
  exits_follow_entries: {
    'an exit without its entry': without('position_events', is({ kind: 'ENTRY', signalId: exit.signalId })),
    'an exit before its entry': altered('position_events', is({ kind: 'EXIT' }), ({ ts }) => ({
      ts: later(ts, -9e7),
    })),
    'an entry that was refused': changed('position_events', (rows) => [
      ...rows,
      { ...exit, id: 'x', kind: 'ENTRY', exit: null, signalId: refused.signalId },
    ]),
    'an entry that nobody decided': without(
      'position_events',
      is({ kind: 'DECISION', signalId: exit.signalId }),
    ),
  },
  pnl_adds_up: {
    'P&L without its fees': altered('position_events', is({ kind: 'EXIT' }), ({ pnl, fees }) => ({
      pnl: Number(pnl) + Number(fees),
    })),
    'unknown funding taken for 0': altered('position_events', is({ kind: 'EXIT' }), () => ({
      fundingKnown: false,
      funding: 0,
    })),
  },
  positions_end_at_their_barriers: {
    'a stop filled better than its price': altered(
      'position_events',
      is({ exit: 'SL', side: 'LONG' }),
      ({ sl }) => ({
        price: Number(sl) * 1.001,
      }),
    ),
    'a take profit beyond its price': altered('position_events', is({ exit: 'TP' }), ({ tp }) => ({
      price: Number(tp) * 1.001,
    })),
  },
  bias_is_obeyed: {
    'a bias that was on all day': changed('macro_bias', (rows) =>
      rows.map((row) => ({ ...row, bias: 'SHORT' })),
    ),
  },
};

const opened = new Map<number, Promise<SeededDuckDb>>();

function duckDb(seed: number): Promise<SeededDuckDb> {
  const engine = opened.get(seed) ?? duckDbOf(seededTables(seed));
  opened.set(seed, engine);
  return engine;
}

async function rowsOf(name: string, seed: number, changes: Changed = {}): Promise<number> {
  const query = TESTS.find((test) => test.name === name)!;
  return (await (await duckDb(seed)).queryWith(changes, withParams(statementOfQuery(query)))).rows.length;
}

afterAll(async () => {
  for (const engine of opened.values()) await (await engine).close();
});

it('plants a defect for every test', () => {
  expect(Object.keys(PLANTED).sort()).toEqual(TESTS.map(({ name }) => name).sort());
});

describe.each(TESTS.map(({ name }) => name))('bq/tests/%s.sql', (name) => {
  it.each([1, 2])('has no rows where all is well, seed %i', async (seed) => {
    expect(await rowsOf(name, seed)).toBe(0);
  });

  it.each(Object.entries(PLANTED[name] ?? {}))('finds %s', async (_, changes) => {
    expect(await rowsOf(name, 1, changes)).toBeGreaterThan(0);
  });
});
