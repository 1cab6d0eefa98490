import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BacktestFlags, runBacktest } from './run.ts';

const CST = resolve(import.meta.dirname, '../cst.js');
const M0 = Date.UTC(2024, 0, 1);
const folder = mkdtempSync(join(tmpdir(), 'backtest-'));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const barsEach = (count: number, ms: number, first = M0) =>
  `open_time_ms,open,high,low,close,volume\n${Array.from({ length: count }, (_, i) => `${first + i * ms},100,101,99,100,5`).join('\n')}\n`;
const BARS = file('bars.csv', barsEach(20, 60_000));
const BARS_5M = file('bars-5m.csv', barsEach(20, 300_000));
const BARS_LATE = file('bars-late.csv', barsEach(20, 60_000, M0 + 1_500));
const FUNDING = file('funding.csv', `ts_ms,funding_rate\n${M0},0.0001\n`);
const BROKEN = file('broken.csv', 'ts_ms,funding_rate\nsoon,0.0001\n');
const PARAMS = file('p.json', '{"risk":{"takeProfit":0.01}}');

function cst(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CST, 'backtest', ...words], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('cst backtest', () => {
  it('teaches when asked for help', () => {
    const { status, stdout } = cst('--help');
    expect(status).toBe(0);
    expect(stdout).toMatch(/open_time_ms[\s\S]*never 0[\s\S]*Examples:/);
  });

  it('prints one JSON object a variant and writes its files', () => {
    const out = join(folder, 'ab');
    const words = ['--variant', `a:${PARAMS}`, '--variant', `b:${PARAMS}`, '--funding', `BTCUSDT=${FUNDING}`];
    const run = cst(`BTCUSDT=${BARS}`, ...words, '--out', out, '--json');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const told = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told.map(({ variant }) => variant)).toEqual(['a', 'b']);
    for (const { variant, elapsedMs, out: written, ...report } of told) {
      expect(report).toMatchObject({ pairs: ['BTCUSDT'], params: { signals: { variant } } });
      expect([written, elapsedMs > 0]).toEqual([join(out, variant), true]);
      expect(JSON.parse(readFileSync(join(out, variant, 'report.json'), 'utf8'))).toEqual(report);
    }
  });

  it('ends with the exit code of a wrong file', () => {
    const { status, stdout, stderr } = cst(`BTCUSDT=${BROKEN}`, '--out', join(folder, 'refused'));
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/open_time_ms/);
  });

  it.each([
    ['no file', [], {}, /SYMBOL=FILE/],
    ['no folder', [`BTCUSDT=${BARS}`], { out: undefined }, /--out/],
    ['a folder that is a file', [`BTCUSDT=${BARS}`], { out: BARS }, /Expected --out to be a folder/],
    ['a pair without a file', [`BTCUSDT=${BARS}`], { pairs: ['ETHUSDT'] }, /ETHUSDT=FILE/],
    ['bars of another length', [`BTCUSDT=${BARS_5M}`], {}, /Expected 1m bars in .* 5 minutes apart/],
    ['bars that open late', [`BTCUSDT=${BARS_LATE}`], {}, /20 rows cannot be read.*open_time_ms/],
    ['days before the bars', [`BTCUSDT=${BARS}`], { timerange: '-20231231' }, /20 rows lie outside/],
    ['a pair twice', [`BTCUSDT=${BARS}`, `BTC/USDT=${BARS}`], {}, /each pair once/],
    ['history without a beginning', [`BTCUSDT=${BARS}`], { history: folder }, /--timerange/],
    ['files and frames', [`BTCUSDT=${BARS}`], { frames: folder }, /got both/],
    ['a time range of frames', [], { frames: folder, timerange: '20240101-' }, /--timerange with files/],
    ['frames that are none', [], { frames: folder }, /journal/],
    ['fundings that cannot be read', [`BTCUSDT=${BARS}`], { funding: [`BTCUSDT=${BROKEN}`] }, /ts_ms/],
  ] as const)('refuses %s by name', async (_, words, flags, message) => {
    const all = { out: join(folder, 'refused'), ...flags } as BacktestFlags;
    await expect(runBacktest(words, all)).rejects.toThrow(message);
  });
});
