import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { candle, wire } from '../connectors/history/contract.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';

const CST = resolve(import.meta.dirname, 'cst.js');
const folder = mkdtempSync(join(tmpdir(), 'cst-sql-'));

function sql(...words: string[]) {
  const env = { PATH: '/usr/bin', HOME: folder };
  return spawnSync(process.execPath, [CST, 'sql', ...words], { encoding: 'utf8', env });
}
const on = ['--history', folder];

beforeAll(async () => {
  const history = await openDuckDbHistory({ path: join(folder, 'history.duckdb') });
  const bars = [candle({ complete: true, coverage: 1 }), candle({ symbol: 'ADAUSDT', high: 1 })];
  await history.insert('candles', bars.map(wire));
  await history.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('cst sql', () => {
  it('runs a query of one’s own over the views, as a table, JSON or CSV', () => {
    const query = 'SELECT symbol, close, turnover FROM stg_candles WHERE close > @least ORDER BY symbol';
    const words = ['--query', query, '--param', 'least=1.5', ...on];
    expect(sql(...words).stdout).toBe(
      'symbol     close  turnover\n───────  ───────  ────────\nADAUSDT  61000.7  –\nBTCUSDT  61000.7  –\n(2 rows)\n',
    );
    expect(JSON.parse(sql(...words, '--json').stdout)).toEqual([
      { symbol: 'ADAUSDT', close: 61000.7, turnover: null },
      { symbol: 'BTCUSDT', close: 61000.7, turnover: null },
    ]);
    expect(sql('--query', `SELECT 'a"b,c' AS x, NULL AS y`, '--format', 'csv', ...on).stdout).toBe(
      'x,y\n"a""b,c",\n',
    );
  });

  it('runs a file, with the defaults and parameters of its header', () => {
    const file = join(folder, 'mine.sql');
    writeFileSync(file, '-- Mine.\n-- @x INT64 = 4: A number.\nSELECT DIV(@x, 2) AS half\n');
    expect(sql(file, '--json', ...on).stdout).toBe('[{"half":2}]\n');
    expect(sql(file, '--json', '--param', 'x=9', ...on).stdout).toBe('[{"half":4}]\n');
    expect(sql(file, '--param', 'x=a', ...on)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('x as INT64'),
    });
  });

  it('ends with 1 where a test of the data has rows', () => {
    expect(sql('features_know_no_future', ...on)).toMatchObject({
      status: 0,
      stdout: 'ok    features_know_no_future\n',
    });
    const { status, stdout } = sql('candles_are_bars', ...on);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}candles_are_bars\n[\s\S]*ADAUSDT[\s\S]*high below low/);
  });

  it('prints statements to paste, views to create, and what there is', () => {
    expect(sql('refusals', '--print').stdout).toMatch(
      /^WITH stg_position_events AS \([\s\S]*GROUP BY decision_day, book, pair, refusal;\n/,
    );
    expect(sql('bq/tests/', '--print').stdout.match(/;\n/g)?.length).toBeGreaterThan(10);
    expect(sql('views', '--print').stdout).toMatch(/CREATE OR REPLACE VIEW stg_candles/);
    expect(sql('--list').stdout).toMatch(/bq\/backtest\n[\s\S]*@taker_fee FLOAT64 = 0\.0006: Fee/);
    expect(sql('--help').stdout).toMatch(/Examples:\n {2}cst sql backtest_summary/);
  });

  it.each<[string, string[], number, RegExp]>([
    ['an unknown name', ['trade'], 2, /Did you mean "trades"/],
    ['two things asked', ['trades', '--query', 'SELECT 1'], 4, /one of them/],
    [
      'a parameter it does not have',
      ['backtest_trades', '--param', 'taker_fees=1'],
      4,
      /Did you mean "taker_fee"/,
    ],
    ['an odd engine', ['trades', '--on', 'duck'], 4, /Did you mean "duckdb"/],
    ['no project', ['trades', '--on', 'bigquery'], 4, /--project/],
    ['no history', ['trades', '--history', '/nowhere'], 2, /nothing there/],
  ])('refuses %s in one line', (_, words, code, text) => {
    const { status, stderr, stdout } = sql(...words);
    expect([status, stdout]).toEqual([code, '']);
    expect(stderr).toMatch(text);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
