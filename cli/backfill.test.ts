import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import { ConfigError, NotFoundError, UpstreamError } from '../schemas/errors.ts';
import { type BackfillStage, backfillStage } from './backfill.fixture.ts';
import { addBackfill, addExport } from './commands/backfill.ts';
import { type BackfillFlags, runBackfill } from './run-backfill.ts';

const CST = resolve(import.meta.dirname, 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'backfill-'));
let stage: BackfillStage;

beforeAll(async () => {
  stage = await backfillStage();
});
afterAll(() => stage.close());

const paths = (name: string) => [
  ...['--to', `duckdb:${join(folder, name, 'history.duckdb')}`],
  ...['--state', join(folder, name)],
];
/** 2,880 bars in 4 pages. */
const DAYS = ['--pairs', 'BTCUSDT', '--timerange', '20250101-20250103'];
const FLAGS: BackfillFlags = {
  interval: '1m',
  venue: 'bybit',
  state: join(folder, 'refused'),
  to: `duckdb:${join(folder, 'refused', 'history.duckdb')}`,
};

async function rowsOf(name: string, sql: string) {
  const history = await openDuckDbHistory({ path: join(folder, name, 'history.duckdb') });
  try {
    return await history.query(sql);
  } finally {
    await history.close();
  }
}

function cst(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CST, ...words], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** In this process, where nothing is to be seen of stdout or the exit code: one of its own takes a second to load. */
async function backfill(words: readonly string[], name: string, flags: Partial<BackfillFlags> = {}) {
  const to = `duckdb:${join(folder, name, 'history.duckdb')}`;
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await runBackfill(words, { ...FLAGS, to, state: join(folder, name), ...flags });
  } finally {
    stdout.mockRestore();
  }
}

/** How many, and a hash of all their columns. */
const DIGEST = `SELECT count(*)::INT AS n, md5(string_agg(c::VARCHAR, ' ' ORDER BY id)) AS content FROM candles c`;

describe('cst backfill from an exchange', () => {
  it('has every bar once, and asks for nothing twice', async () => {
    expect(await stage.backfill([...DAYS, ...paths('whole')])).toMatchObject({ status: 0, asked: 4 });
    const again = await stage.backfill([...DAYS, ...paths('whole'), '--json']);
    expect(again).toMatchObject({ status: 0, stderr: '', asked: 0 });
    expect(JSON.parse(again.stdout)).toMatchObject({
      pages: 0,
      pagesKnown: 4,
      verdicts: [{ symbol: 'BTCUSDT', expected: 2_880, bars: 2_880, holes: [] }],
    });
    expect(await rowsOf('whole', DIGEST)).toMatchObject([{ n: 2_880 }]);
  });

  it('exports to Parquet and imports again, row for row, twice as once', async () => {
    const out = join(folder, 'export');
    const history = join(folder, 'whole', 'history.duckdb');
    expect(cst('export', '--history', history, '--out', out, '--tables', 'candles')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^candles +2,880 rows\n$/),
    });
    expect(readdirSync(out)).toEqual(['candles.parquet']);
    const words = ['backfill', join(out, 'candles.parquet'), ...paths('imported')];
    const twice = cst(...words, join(out, 'candles.parquet'), '--json');
    expect(twice).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(twice.stdout)).toMatchObject({ rows: 5_760, bad: 0 });
    expect(await rowsOf('imported', DIGEST)).toEqual(await rowsOf('whole', DIGEST));
  });
});

describe('cst backfill from files', () => {
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const M0 = Date.UTC(2025, 0, 1);
  const bars = (minutes: readonly number[]) =>
    `open_time_ms,open,high,low,close,volume\n${minutes.map((m) => `${M0 + m * 60_000},10,11,9,10,5`).join('\n')}\n`;

  it('tells rows it cannot read and bars that are missing, and keeps the others', async () => {
    const path = file('bars.csv', `${bars([0, 1, 4])}soon,10,11,9,10,5\n`);
    const { status, stdout } = cst('backfill', `BTCUSDT=${path}`, ...paths('bars'));
    expect(status).toBe(1);
    expect(stdout).toMatch(/read +3 rows/);
    expect(stdout).toMatch(/refused +1 rows\n +\S+bars\.csv:5 open_time_ms/);
    expect(stdout).toMatch(/BTCUSDT +3 of 5 bars: 1 hole, .*\n +2025-01-01T00:02Z – 2025-01-01T00:04Z/);
    expect(
      await rowsOf('bars', 'SELECT c.id, complete, "from" FROM candles c, feed_events ORDER BY c.id'),
    ).toEqual(
      [0, 1, 4].map((m) => ({
        id: `bybit:BTCUSDT:1m:${M0 + m * 60_000}:1`,
        complete: true,
        from: '2025-01-01T00:02:00.000Z',
      })),
    );
  });

  it('takes trades with ids, and refuses those that nothing would tell from a copy', async () => {
    const text = `ts_ms,price,size,trade_id,side\n${M0},10.5,1,a,BUY\n${M0 + 1},10,2,b,\n`;
    await backfill([`BTCUSDT=${file('t.csv', text)}`], 'trades', { trades: true });
    expect(await rowsOf('trades', 'SELECT id, price, side FROM ticks ORDER BY id')).toEqual([
      { id: 'bybit:BTCUSDT:a', price: 10.5, side: 'BUY' },
      { id: 'bybit:BTCUSDT:b', price: 10, side: null },
    ]);
    const bare = file('bare.csv', `ts_ms,price,size\n${M0},10.5,1\n`);
    const refused = backfill([`BTCUSDT=${bare}`], 'trades', { trades: true });
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(/trade_id.*bare\.csv/);
  });

  it('takes what a replay wrote', async () => {
    const out = join(folder, 'replayed');
    const path = file('replay.csv', bars([0, 1, 2, 3, 4, 5]));
    cst('replay', `BTCUSDT=${path}`, '--interval', '1m', '--venue', 'bybit', '--out', out);
    const files = readdirSync(out).map((name) => join(out, name));
    await backfill(files, 'replayed');
    const minutes = `SELECT "openTime", volume FROM candles c WHERE c.interval = '1m' ORDER BY "openTime"`;
    expect(await rowsOf('replayed', minutes)).toEqual(
      [0, 1, 2, 3, 4, 5].map((m) => ({ openTime: new Date(M0 + m * 60_000).toISOString(), volume: 5 })),
    );
  });
});

describe('cst backfill', () => {
  it.each<[string, string[], Partial<BackfillFlags>, RegExp]>([
    ['nothing to do', [], {}, /--pairs BTCUSDT and a --timerange/],
    ['an open beginning', [], { pairs: ['BTCUSDT'], timerange: '-20250102' }, /begins somewhere/],
    ['files and pairs', ['candles.parquet'], { pairs: ['BTCUSDT'] }, /--pairs or files, got both/],
    [
      'trades of an exchange',
      [],
      { pairs: ['BTCUSDT'], timerange: '20250101-', trades: true },
      /--trades with/,
    ],
    ['an unknown history', [], { to: 'sqlite:x' }, /duckdb:PATH or bigquery:PROJECT\.DATASET/],
    ['a file of no table', ['quotes.parquet'], {}, /named after a table or topic/],
    ['a file that is not there', ['candles.ndjson'], {}, /Cannot read candles\.ndjson/],
  ])('refuses %s', async (_, words, flags, text) => {
    const refused = runBackfill(words, { ...FLAGS, ...flags });
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(text);
  });

  it('says that a symbol is not listed', async () => {
    const { restUrl } = stage;
    const unlisted = backfill([], 'unlisted', { pairs: ['NOUSDT'], timerange: '20250101-20250102', restUrl });
    await expect(unlisted).rejects.toThrow(NotFoundError);
    await expect(unlisted).rejects.toThrow(/NOUSDT/);
  });

  it('says that it goes on where an exchange that is away stopped it', async () => {
    const away = { pairs: ['BTCUSDT'], timerange: '20250101-20250102', restUrl: 'http://127.0.0.1:9' };
    const stopped = runBackfill([], { ...FLAGS, ...away });
    await expect(stopped).rejects.toThrow(UpstreamError);
    await expect(stopped).rejects.toThrow(/Cannot reach .*Run the same command again/);
  });

  it('teaches when asked for help', () => {
    const program = new Command();
    addBackfill(program);
    addExport(program);
    for (const command of program.commands) {
      let help = '';
      command.configureOutput({
        writeOut: (text) => {
          help += text;
        },
      });
      command.outputHelp();
      expect(help).toContain('Examples:');
    }
  });
});
