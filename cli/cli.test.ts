import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { instantOf } from './times.ts';

const CST = resolve(import.meta.dirname, 'cst.js');
const M0 = Date.UTC(2024, 0, 1);
const folder = mkdtempSync(join(tmpdir(), 'cli-'));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function cst(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CST, ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const TRADES = file('t.csv', `ts_ms,price,size\n${M0},100,1\n${M0 + 61_000},101,2\nbad,1,1\n`);
const OUT = join(folder, 'out');

describe('cst', () => {
  it('teaches when asked for help, or for nothing', () => {
    const help = cst('--help');
    expect(help.status).toBe(0);
    expect(help.stdout).toMatch(/Examples:\n[\s\S]* {2}cst replay BTCUSDT=/);
    expect(cst()).toEqual(help);
    expect(cst('replay', '--help').stdout).toMatch(/ts_ms, price, size/);
    expect(cst('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('names what was meant by a mistyped command or flag', () => {
    const command = cst('replya');
    expect([command.status, command.stdout]).toEqual([4, '']);
    expect(command.stderr).toMatch(
      /^Error: unknown command 'replya'\n\(Did you mean replay\?\) \(code 4\)\n$/,
    );
    expect(cst('replay', `A=${TRADES}`, '--venu', 'bybit').stderr).toMatch(/Did you mean --venue/);
  });
});

describe('cst replay', () => {
  it('prints one JSON object and writes the topics', () => {
    const run = cst('replay', `BTCUSDT=${TRADES}`, '--venue', 'bybit', '--out', OUT, '--json');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({
      trades: 2,
      duplicates: 0,
      late: 0,
      droppedLate: 0,
      deadLetters: 1,
      candles: { '1m': 2, '5m': 1, '15m': 1, '1h': 1, '4h': 1 },
      signals: 0,
      outputSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(readdirSync(OUT)).toHaveLength(5);
  });

  it('prints a few lines for people', () => {
    const run = cst(
      'replay',
      `BTCUSDT=${TRADES}`,
      '--venue',
      'bybit',
      '--out',
      OUT,
      '--from',
      String(M0 + 1),
    );
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/^read {6}1 trades in .* 1 outside the time range\ncandles {3}1m 1 ·/);
  });

  const ok = ['--venue', 'bybit', '--out', OUT];
  const params = (name: string, json: unknown) => file(name, JSON.stringify(json));
  it.each<[string, string[], RegExp]>([
    ['a missing file', ['A=nowhere.csv', ...ok], /Cannot read nowhere\.csv: ENOENT/],
    ['an unknown ending', ['A=x.xlsx', ...ok], /Expected a file ending in/],
    ['no SYMBOL', [TRADES, ...ok], /Expected SYMBOL=FILE/],
    ['a symbol twice', [`A=${TRADES}`, `A=${TRADES}`, ...ok], /Expected each symbol once, got A twice/],
    ['a symbol of signs', [`:/:=${TRADES}`, ...ok], /Expected SYMBOL=FILE/],
    ['one pair twice', [`A/B=${TRADES}`, `AB=${TRADES}`, ...ok], /Expected each pair once, got A\/B and AB/],
    [
      'an empty --out',
      [`A=${TRADES}`, '--venue', 'bybit', '--out', ''],
      /Expected --out as a path, got nothing/,
    ],
    ['seconds', [`A=${TRADES}`, ...ok, '--from', '1704067200'], /Expected --from .*is it in seconds\?/],
    [
      'a variant with a space',
      [`A=${TRADES}`, ...ok, '--params', params('p4.json', { variant: 'a b' })],
      /signals\.variant \(.*p4\.json\): expected letters/,
    ],
    [
      'a disorder of a day',
      [`A=${TRADES}`, ...ok, '--params', params('p5.json', { market: { allowedDisorderMs: 86_400_000 } })],
      /signals\.market\.allowedDisorderMs \(.*p5\.json\): /,
    ],
    ['an unknown venue', [`A=${TRADES}`, '--venue', 'bibit', '--out', OUT], /Did you mean "bybit"\?/],
    ['no venue', [`A=${TRADES}`, '--out', OUT], /Expected the flag --venue, e\.g\. --venue bybit/],
    ['a wrong interval', [`A=${TRADES}`, ...ok, '--interval', '2m'], /one of 1m, 5m, 15m, 1h, 4h/],
    ['another runner', [`A=${TRADES}`, ...ok, '--runner', 'dataflow'], /Expected --runner one of embedded/],
    ['trades taken for bars', [`A=${TRADES}`, ...ok, '--interval', '1m'], /Expected a column "open_time_ms"/],
    ['a time that is none', [`A=${TRADES}`, ...ok, '--from', '20240230'], /Expected --from as/],
    [
      'an empty range',
      [`A=${TRADES}`, ...ok, '--from', '20240102', '--to', '20240101'],
      /--from before --to/,
    ],
    ['history without a start', [`A=${TRADES}`, ...ok, '--history', OUT], /Expected --from with --history/],
    [
      'history that is none',
      [`A=${TRADES}`, ...ok, '--from', '20240101', '--history', folder],
      /--history wants/,
    ],
    [
      'an unknown parameter',
      [`A=${TRADES}`, ...ok, '--params', params('p1.json', { market: { staleAfter: 1 } })],
      /no "signals\.market\.staleAfter" \(.*p1\.json\)\. Did you mean "staleAfterMs"\?/,
    ],
    [
      'a parameter out of range',
      [`A=${TRADES}`, ...ok, '--params', params('p2.json', { market: { basisMinutes: 0 } })],
      /signals\.market\.basisMinutes \(.*p2\.json\): /,
    ],
    [
      'parameters that are no JSON',
      [`A=${TRADES}`, ...ok, '--params', file('p3.json', '{')],
      /Expected JSON in .*p3\.json, got something else/,
    ],
    [
      'an output that is a file',
      [`A=${TRADES}`, '--venue', 'bybit', '--out', TRADES],
      /Expected --out to be a folder/,
    ],
  ])('ends with code 4 and one line on stderr for %s', (_, words, message) => {
    const run = cst('replay', ...words);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toMatch(/^Error: .*(\n\(Did you mean.*)? \(code 4\)\n$/);
    expect([run.status, run.stdout]).toEqual([4, '']);
  });

  it('ends with code 1 where it cannot write', () => {
    const out = join(folder, 'blocked');
    mkdirSync(join(out, 'market-candles.ndjson'), { recursive: true });
    const run = cst('replay', `A=${TRADES}`, '--venue', 'bybit', '--out', out);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^Error: Cannot write to .* \(code 1\)\n$/);
  });
});

describe('instantOf', () => {
  it('reads a day, an instant with or without zone, and ms', () => {
    for (const text of [
      '20240101',
      '2024-01-01',
      '2024-01-01T00:00',
      '2024-01-01T00:00:00.000Z',
      '2024-01-01T02:00:00+02:00',
      String(M0),
    ]) {
      expect(instantOf(text, '--from'), text).toBe(M0);
    }
    for (const text of ['', 'now', '2024', '20241301', '2024-02-30', '2024-01-01T25:00Z']) {
      expect(() => instantOf(text, '--from'), text).toThrow(/Expected --from as/);
    }
  });
});
