import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { criteriaOf, MIN_TRADES } from './criteria.ts';
import { runsOf } from './folder.ts';
import { DIMENSIONS, type Dimension, groupsBy } from './groups.ts';
import { pageOf } from './page.ts';
import { folderMade, runMade, START, TRADES } from './report.fixture.ts';

const CST = resolve(import.meta.dirname, '../cst.js');
const RUN = runMade();
const PAGE = pageOf([RUN]);

/** Cells of the table of this caption, row by row, without its head. */
function cellsOf(page: string, caption: string): string[][] {
  const at = page.indexOf(`<caption>${caption}</caption>`);
  const table = page.slice(page.indexOf('</thead>', at), page.indexOf('</table>', at));
  const rows = table.split('<tr>').slice(1);
  return rows.map((row) => [...row.matchAll(/<t[hd][^>]*>([^<]*)<\/t[hd]>/g)].map(([, cell]) => cell!));
}

function figure(page: string, name: string): string {
  return page.split(`<dt>${name}</dt>`)[1]!.match(/<dd[^>]*>([^<]*)</)![1]!;
}

/** Without script and style. */
function bodyOf(page: string): string {
  return page.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '');
}

describe('the page of a backtest', () => {
  it('has the figures of a run by hand', () => {
    expect(figure(PAGE, 'Net result')).toBe('+25.00');
    expect(figure(PAGE, 'Win rate')).toBe('50.00 %');
    expect(figure(PAGE, 'Profit factor')).toBe('2.00');
    expect(figure(PAGE, 'Expectancy')).toBe('+6.25');
    // From 1,040 to 1,025.
    expect(figure(PAGE, 'Max drawdown')).toBe('1.44 %');
    // 4 trades of half an hour in two days; two days are too few for a ratio.
    expect(figure(PAGE, 'Exposure')).toBe('4.17 %');
    expect(['Sharpe', 'Sortino', 'Deflated Sharpe'].map((name) => figure(PAGE, name))).toEqual([
      ...['N/A', 'N/A', 'N/A'],
    ]);
  });

  it('leads from price moves to the net result', () => {
    expect(cellsOf(PAGE, 'From price moves to the net result').map(([, value]) => value)).toEqual([
      ...['+32.00', '−1.00', '+31.00', '−4.00', '−2.00', '+25.00'],
    ]);
  });

  it('has tables that equal the trades', () => {
    const short = (caption: string) => cellsOf(PAGE, caption).map((row) => row.slice(0, 4));
    expect(short('By pair')).toEqual([
      ['BTCUSDT', '2', '50.0 %', '+20.00'],
      ['ETHUSDT', '2', '50.0 %', '+5.00'],
    ]);
    expect(short('By day of exit (UTC)').map(([day, , , net]) => [day, net])).toEqual([
      ['2026-03-01', '+20.00'],
      ['2026-03-02', '+5.00'],
    ]);
    expect(short('By hour of entry (UTC)').map(([hour, count]) => [hour, count])).toEqual([
      ['01', '2'],
      ['02', '2'],
    ]);
    expect(short('By volatility at the signal').map(([name, , , net]) => [name, net])).toEqual([
      ['HIGH', '+20.00'],
      ['NORMAL', '+20.00'],
      ['UNKNOWN', '−15.00'],
    ]);
    expect(cellsOf(PAGE, 'Refusals by reason')).toEqual([
      ['COOLDOWN', '2', '28.6 %'],
      ['HALTED', '1', '14.3 %'],
      ['All', '3', '42.9 %'],
    ]);
    const all = cellsOf(PAGE, 'All trades');
    expect(all.map(([opened, pair]) => [opened, pair])).toEqual(
      TRADES.map(({ openedAt, pair }) => [
        new Date(openedAt).toISOString().slice(0, 16).replace('T', ' '),
        pair,
      ]),
    );
    expect(all.map((row) => row[11])).toEqual(['−0.50', '−0.50', '−0.50', 'unknown']);
  });

  it('loses no trade in any of its tables', () => {
    for (const dimension of Object.keys(DIMENSIONS) as Dimension[]) {
      const groups = groupsBy(TRADES, dimension);
      expect(groups.reduce((sum, { trades }) => sum + trades, 0)).toBe(4);
      expect(groups.reduce((sum, { net }) => sum + net, 0)).toBe(25);
    }
  });

  it('draws trades on their bars, and says where there are none', () => {
    expect(PAGE.match(/<figure class="trade/g)).toHaveLength(4);
    expect(PAGE.match(/Bars of this trade were not kept/g)).toHaveLength(2);
    expect(PAGE).toContain('aria-label="BTCUSDT LONG, TP after 30 min, net +30.00"');
    for (const label of ['TP 101', 'Entry 100', 'SL 99']) expect(PAGE).toContain(`>${label}</text>`);
  });

  it('refers to nothing outside, and lets nothing but its own script and style in', () => {
    const policy = PAGE.match(/Content-Security-Policy" content="([^"]+)"/)![1]!;
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const inner = (tag: string) =>
      PAGE.slice(PAGE.indexOf(`<${tag}>`) + tag.length + 2, PAGE.indexOf(`</${tag}>`));
    expect(policy).toBe(
      `default-src 'none'; style-src ${hash(inner('style'))}; script-src ${hash(inner('script'))}; base-uri 'none'; form-action 'none'`,
    );
    expect(PAGE).not.toMatch(/https?:|\ssrc=|url\(|@import|\sstyle=|\son\w+=/);
    expect(bodyOf(PAGE)).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows hostile names as text', () => {
    const evil = '</script><img src=x onerror="alert(1)">&\u0000\ud800';
    const hostile = runMade(
      TRADES.map((trade) => ({ ...trade, pair: evil })),
      { assumptions: { ...RUN.report.assumptions, stated: [evil] } },
    );
    const page = pageOf([{ ...hostile, variant: evil }]);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp; \ufffd');
    expect(page.match(/<\/?script>/g)).toHaveLength(2);
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    const body = bodyOf(PAGE);
    for (const [, end, name, self] of body.matchAll(/<(\/?)([a-z]\w*)[^>]*?(\/?)>/g)) {
      if (name === 'meta' || self === '/') continue;
      if (end === '') open.push(name!);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('is of a run without trades, too', () => {
    const page = pageOf([runMade([])]);
    expect(figure(page, 'Win rate')).toBe('N/A');
    expect(page).toContain('All trades: none.');
    expect(bodyOf(page)).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('leads to each book where there are several', () => {
    const page = pageOf([
      { ...RUN, variant: 'a' },
      { ...RUN, variant: 'b' },
    ]);
    const links = [...page.matchAll(/<a href="#([^"]+)">([^<]+)</g)];
    expect(links.map(([, , name]) => name)).toEqual(['Variant a, book default', 'Variant b, book default']);
    for (const [, id] of links) expect(page).toContain(`id="${id}"`);
    expect(PAGE).not.toContain('Side by side');
    const row = ['4', '50.00 %', '+25.00', '2.50 %', '2.00', '1.44 %', '4 of 8'];
    expect(cellsOf(page, 'Books').map((cells) => cells.slice(-row.length))).toEqual([row, row]);
  });
});

describe('criteria of the 7-day plan', () => {
  const judge = (trades = TRADES) => {
    const { performance } = runMade(trades).report.books.default!;
    return criteriaOf({ performance, trades, startEquity: 1_000, range: RUN.report.range });
  };
  const verdictsOf = (trades = TRADES) =>
    Object.fromEntries(judge(trades).map(({ name, verdict }) => [name, verdict]));

  it('say nothing of rates with few trades', () => {
    expect(verdictsOf()).toEqual({
      'Win rate': 'N/A',
      'Profit factor': 'N/A',
      'Profit per trade': 'N/A',
      'Max drawdown': 'PASS',
      'Max drawdown, strict': 'PASS',
      'Worst day': 'PASS',
      // 4 trades of 2 pairs in 2 days; +2 % and +0.49 %.
      'Trades per pair and day': 'FAIL',
      'Profit per day': 'PASS',
    });
  });

  it('pass and fail beyond their limits, not at them', () => {
    const many = (won: number, lost: number, loss: number) =>
      Array.from({ length: won + lost }, (_, i) => ({ ...TRADES[0]!, net: i < won ? 1 : loss }));
    expect(MIN_TRADES).toBe(30);
    expect(verdictsOf(many(18, 12, -1))).toMatchObject({ 'Win rate': 'FAIL', 'Profit factor': 'FAIL' });
    expect(verdictsOf(many(19, 11, -1))).toMatchObject({ 'Win rate': 'PASS', 'Profit factor': 'PASS' });
    // 110 lost of 1,019: more than a tenth.
    expect(verdictsOf(many(19, 11, -10))).toMatchObject({ 'Max drawdown': 'FAIL', 'Worst day': 'FAIL' });
  });

  it('tell numbers', () => {
    expect(judge()[2]).toEqual({
      name: 'Max drawdown',
      wanted: '< 10 %',
      got: '1.44 %',
      verdict: 'PASS',
    });
  });
});

describe('cst report', () => {
  const cst = (...words: string[]) =>
    spawnSync(process.execPath, [CST, 'report', ...words], { encoding: 'utf8' });

  it('renders a folder anew: a table, JSON, and the same page in every run', () => {
    const folder = folderMade(RUN);
    const table = cst(folder);
    expect([table.status, table.stderr]).toEqual([0, '']);
    expect(table.stdout).toMatch(/book default[\s\S]*net 25\.00 \(2\.50 %\)/);
    expect(JSON.parse(cst(folder, '--json').stdout)).toMatchObject({
      variant: null,
      pairs: ['BTCUSDT', 'ETHUSDT'],
    });
    const pages = [1, 2].map(() => {
      expect(cst(folder, '--html').stdout).toBe(`${join(folder, 'report.html')}\n`);
      return readFileSync(join(folder, 'report.html'), 'utf8');
    });
    expect(pages).toEqual([PAGE, PAGE]);
  });

  it('reads back what was written, variants by name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'report-'));
    for (const name of ['b', 'a']) folderMade(RUN, join(folder, name));
    const runs = runsOf(folder);
    expect(runs.map(({ variant }) => variant)).toEqual(['a', 'b']);
    expect(runs[0]).toMatchObject({ trades: RUN.trades, bars: RUN.bars, gaps: [] });
    expect(runs[0]!.trades[0]!.openedAt).toBe(START + 3_600_000);
  });

  it('names a folder without a backtest, and a file that was changed', () => {
    const none = cst(mkdtempSync(join(tmpdir(), 'report-')));
    expect([none.status, none.stdout]).toEqual([2, '']);
    expect(none.stderr).toMatch(/report\.json/);
    const folder = folderMade(RUN);
    appendFileSync(join(folder, 'trades.ndjson'), '{}\n');
    expect(() => runsOf(folder)).toThrow(/trades\.ndjson as its report\.json tells its hash/);
  });
});
