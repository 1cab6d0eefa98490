import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../schemas/errors.ts';
import { needRealData } from '../../test/real-data.ts';
import { openCandleFile } from './candles.ts';
import type { BadRow } from './rows.ts';
import { openTradeFile } from './trades.ts';

const T0 = 1_700_000_040_000;
const folder = mkdtempSync(join(tmpdir(), 'files-'));
let made = 0;

function file(ending: string, content: string | Uint8Array): string {
  const path = join(folder, `f${++made}${ending}`);
  writeFileSync(path, content);
  return path;
}

async function parquet(select: string): Promise<string> {
  const path = join(folder, `it's [odd] ${++made}*.parquet`);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

interface Read {
  rows: [ts: number, price: number, size: number, seq: number, id: string | null, buy: number | null][];
  bad: BadRow[];
}

async function readTrades(path: string): Promise<Read> {
  const all: Read = { rows: [], bad: [] };
  for await (const { count, ts, price, size, seq, ids, buy, bad } of await openTradeFile(path)) {
    for (let i = 0; i < count; i++) {
      const id = ids === 'line' ? `#${seq[i]}` : ids === 'seq' ? String(seq[i]) : ids[i]!;
      all.rows.push([ts[i]!, price[i]!, size[i]!, seq[i]!, id, buy ? buy[i]! : null]);
    }
    all.bad.push(...bad);
  }
  return all;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('openTradeFile on text', () => {
  const lines = ['ts_ms,price,size', `${T0},100,1.5`, `${T0 + 500},101.25,0.001`];
  const rows = [
    [T0, 100, 1.5, 2, '#2', null],
    [T0 + 500, 101.25, 0.001, 3, '#3', null],
  ];

  it('reads CSV with any line end, byte order mark, blank lines and no last line end', async () => {
    expect((await readTrades(file('.csv', `${lines.join('\n')}\n`))).rows).toEqual(rows);
    expect((await readTrades(file('.csv', `\ufeff${lines.join('\r\n')}`))).rows).toEqual(rows);
    expect(await readTrades(file('.csv', `${lines.join('\n')}\n\n  \n`))).toEqual({ rows, bad: [] });
    expect((await readTrades(file('.csv.gz', gzipSync(lines.join('\n'))))).rows).toEqual(rows);
  });

  it('reads a header in any order, with columns it does not know', async () => {
    const path = file('.csv', `side,note,Size, price ,trade_id,ts_ms\nsell,"a,b",2,10,77,${T0}\n`);
    expect(await readTrades(path)).toEqual({ rows: [[T0, 10, 2, 77, '77', 0]], bad: [] });
  });

  it('takes numeric ids for order, and the line number with any other', async () => {
    const ids = ['12', '007', 'a-ü', '99999999999999999999'];
    const csv = file('.csv', `ts_ms,price,size,trade_id\n${ids.map((id) => `${T0},1,1,${id}`).join('\n')}`);
    expect((await readTrades(csv)).rows.map((row) => [row[3], row[4]])).toEqual([
      [12, '12'],
      [3, '007'],
      [4, 'a-ü'],
      [5, '99999999999999999999'],
    ]);
  });

  it('takes an empty side for an unknown one, and a row with an empty id for its own trade', async () => {
    const path = file('.csv', `ts_ms,price,size,trade_id,side\n${T0},1,1,5,\n${T0},1,1, ,BUY\n`);
    expect(await readTrades(path)).toEqual({
      rows: [
        [T0, 1, 1, 5, '5', 2],
        [T0, 1, 1, 3, '#3', 1],
      ],
      bad: [],
    });
  });

  it('names every bad row with its line and reason, and keeps its bytes', async () => {
    const bad = [
      ['x,1,1,BUY', 'ts_ms: expected whole ms since the epoch between 2009 and 2100, got "x"'],
      [`${T0}.5,1,1,BUY`, `ts_ms: expected whole ms since the epoch between 2009 and 2100, got "${T0}.5"`],
      [
        '1700000040,1,1,BUY',
        'ts_ms: expected whole ms since the epoch between 2009 and 2100, got "1700000040"',
      ],
      [`${T0},,1,BUY`, 'price: expected a positive number, 1e-12 to 1e12, got nothing'],
      [`${T0},NaN,1,BUY`, 'price: expected a positive number, 1e-12 to 1e12, got "NaN"'],
      [`${T0},0,1,BUY`, 'price: expected a positive number, 1e-12 to 1e12, got "0"'],
      [`${T0},1,-2,BUY`, 'size: expected a positive number, 1e-12 to 1e12, got "-2"'],
      [`${T0},1,1e400,BUY`, 'size: expected a positive number, 1e-12 to 1e12, got "1e400"'],
      [`${T0},0x10,1,BUY`, 'price: expected a positive number, 1e-12 to 1e12, got "0x10"'],
      [`${T0},1,1,HOLD`, 'side: expected BUY or SELL, got "HOLD"'],
      [`${T0},1,1`, 'expected 4 fields, got 3'],
      [`${T0},1,1,BUY,9`, 'expected 4 fields, got 5'],
    ] as const;
    const good = `${T0},1,1,BUY`;
    const path = file('.csv', ['ts_ms,price,size,side', ...bad.flatMap(([row]) => [row, good])].join('\r\n'));
    const read = await readTrades(path);
    expect(read.rows).toHaveLength(bad.length);
    expect(read.bad.map((row) => [row.line, text(row.bytes), row.reason])).toEqual(
      bad.map(([row, reason], i) => [2 + 2 * i, row, reason]),
    );
  });

  it('counts line ends within quotes, and loses one line only to a quote that never closes', async () => {
    const spanning = `ts_ms,price,size,note\n${T0},1,1,"two\nlines"\n${T0},2,1,\n${T0},bad,1,\n`;
    const read = await readTrades(file('.csv', spanning));
    expect(read.rows.map((row) => [row[1], row[3]])).toEqual([
      [1, 2],
      [2, 4],
    ]);
    expect(read.bad.map((row) => row.line)).toEqual([5]);
    const rest = Array.from({ length: 200 }, (_, i) => `${T0 + i},2,1,`).join('\n');
    const open = await readTrades(file('.csv', `ts_ms,price,size,note\n"${T0},1,1,\n${rest}\n`));
    expect(open.rows).toHaveLength(200);
    expect(open.bad.map((row) => row.line)).toEqual([2]);
  });

  it('keeps line numbers over many blocks', async () => {
    const many = Array.from({ length: 60_000 }, (_, i) => `${T0 + i},${i % 20_000 === 19_999 ? 'x' : 5},1`);
    const read = await readTrades(file('.csv', `ts_ms,price,size\n${many.join('\n')}\n`));
    expect(read.bad.map((row) => row.line)).toEqual([20_001, 40_001, 60_001]);
    expect(read.rows).toHaveLength(59_997);
    expect(read.rows.every((row) => row[0] === T0 + row[3] - 2)).toBe(true);
  });

  it('reads NDJSON with numbers or text, plain or gzipped', async () => {
    const ndjson = [
      `{"ts_ms":${T0},"price":"100.5","size":1,"trade_id":9,"side":"BUY"}`,
      'not json',
      '',
      '[1]',
      `{"ts_ms":${T0},"price":true,"size":1,"trade_id":9,"side":"BUY"}`,
      `{"ts_ms":${T0},"size":1,"trade_id":9,"side":"BUY"}`,
      `{"ts_ms":"${T0}","price":7,"size":1,"trade_id":"é","side":"SELL"}`,
    ].join('\n');
    for (const path of [file('.ndjson', ndjson), file('.ndjson.gz', gzipSync(ndjson))]) {
      const read = await readTrades(path);
      expect(read.rows).toEqual([
        [T0, 100.5, 1, 9, '9', 1],
        [T0, 7, 1, 7, 'é', 0],
      ]);
      expect(read.bad.map((row) => [row.line, row.reason])).toEqual([
        [2, 'expected a JSON object, got text that is not JSON'],
        [4, 'expected a JSON object, got an array'],
        [5, 'price: expected a positive number, 1e-12 to 1e12, got "true"'],
        [6, 'price: expected a positive number, 1e-12 to 1e12, got nothing'],
      ]);
    }
  });
});

describe('openTradeFile on Parquet', () => {
  it('reads each column from any type that can hold it', async () => {
    const path = await parquet(`
      SELECT CAST(${T0} + i AS BIGINT) ts_ms, CAST(i + 0.5 AS FLOAT) price, CAST(i + 1 AS DECIMAL(9, 3)) size,
             CAST(i + 10 AS INTEGER) trade_id, CASE WHEN i % 2 = 0 THEN 'BUY' ELSE 'sell' END side
      FROM range(3) t(i)`);
    expect(await readTrades(path)).toEqual({
      rows: [
        [T0, 0.5, 1, 10, '10', 1],
        [T0 + 1, 1.5, 2, 11, '11', 0],
        [T0 + 2, 2.5, 3, 12, '12', 1],
      ],
      bad: [],
    });
    const other = await parquet(`
      SELECT epoch_ms(CAST(${T0} AS BIGINT)) ts_ms, '100.25' price, '3' size, 'x7' trade_id`);
    expect((await readTrades(other)).rows).toEqual([[T0, 100.25, 3, 1, 'x7', null]]);
  });

  it('finds columns whatever the case of their names', async () => {
    const path = await parquet(
      `SELECT ${T0} AS "TS_MS", 2.5 AS "Price", 1 AS size, 'x' AS "Trade_Id", 0 AS price_x`,
    );
    expect(await readTrades(path)).toEqual({ rows: [[T0, 2.5, 1, 1, 'x', null]], bad: [] });
  });

  it('names bad rows by their number, and keeps their values', async () => {
    const path = await parquet(`
      SELECT * FROM (VALUES (${T0}, 1.0::DOUBLE, 1.0::DOUBLE, 'BUY', '1'), (${T0}, 0, 1, 'BUY', '2'),
        (NULL, 1, 1, 'BUY', '3'), (${T0}, 'NaN', 1, 'BUY', '4'), (${T0}, 1, -1, 'BUY', '5'),
        (${T0}, 1, 1, 'MID', '6'), (${T0}, 1, 1, NULL, '7'), (5, 1, 1, 'BUY', '8'), (${T0}, 1, 1, 'BUY', NULL),
        (${T0}, 1, 1, 'SELL', 'z')) t(ts_ms, price, size, side, trade_id)`);
    const { rows, bad } = await readTrades(path);
    expect(rows).toEqual([
      [T0, 1, 1, 1, '1', 1],
      [T0, 1, 1, 7, '7', 2],
      [T0, 1, 1, 9, '#9', 1],
      [T0, 1, 1, 10, 'z', 0],
    ]);
    expect(bad.map((row) => [row.line, row.reason.slice(0, row.reason.indexOf(':')), row.ts])).toEqual([
      [2, 'price', T0],
      [3, 'ts_ms', T0],
      [4, 'price', T0],
      [5, 'size', T0],
      [6, 'side', T0],
      [8, 'ts_ms', T0],
    ]);
    expect(JSON.parse(text(bad[0]!.bytes))).toMatchObject({ price: '0.0', trade_id: '2', side: 'BUY' });
  });

  it('keeps the order of the file over many row groups', async () => {
    const path = await parquet(
      `SELECT ${T0} + (i * 7919) % 300000 AS ts_ms, 1.0 price, 1.0 size FROM range(300000) t(i)`,
    );
    const { rows } = await readTrades(path);
    expect(rows).toHaveLength(300_000);
    expect(rows.every((row, i) => row[0] === T0 + ((i * 7919) % 300_000) && row[3] === i + 1)).toBe(true);
  });

  it('reads real Kraken trades whole', async (context) => {
    const { rows, bad } = await readTrades(needRealData(context, 'trades/kraken-btcusdt-2023-11-17.parquet'));
    expect([rows.length, bad.length]).toEqual([26_921, 0]);
    expect(rows[0]).toEqual([1_700_179_206_662, 36_160.9, 0.00039906, 5_504_897, '5504897', 1]);
  });
});

describe('a file that is wrong as a whole', () => {
  const failure = (path: string) => readTrades(path).catch((error: unknown) => error);

  it('is refused with what to do', async () => {
    const cases: [string, RegExp][] = [
      [join(folder, 'nowhere.csv'), /Cannot read .*nowhere\.csv: ENOENT/],
      [file('.txt', 'ts_ms,price,size'), /Expected a file ending in \.parquet, \.csv/],
      [file('.csv', ''), /the file is empty/],
      [file('.csv', '\n\n'), /the file is empty/],
      [file('.csv', 'ts_ms,price,size\n'), /a header but no rows/],
      [file('.ndjson', '\n'), /the file is empty/],
      [file('.csv', 'ts,price,size\n1,2,3'), /Expected a column "ts_ms" in .*got columns ts, price, size/],
      [file('.csv', 'ts_ms,price,Price,size\n1,2,3,4'), /Expected each column once in .*"price" twice/],
      [file('.csv', `${T0},2,3\n`), /Expected a column "ts_ms"/],
      [file('.ndjson', `{"ts_ms":${T0},"size":1}\n`), /Expected a column "price"/],
      [file('.csv.gz', 'ts_ms,price,size\n'), /Cannot read .*incorrect header check/],
      [
        file('.csv.gz', gzipSync('ts_ms,price,size\n'.repeat(9999)).subarray(0, 60)),
        /Cannot read .*Is the file whole/,
      ],
      [file('.parquet', 'PAR1 but not really'), /Cannot read .* as Parquet/],
      [await parquet('SELECT 1 ts_ms, 2 price'), /Expected a column "size"/],
      [await parquet('SELECT 1 ts_ms, 2 price, 3 size WHERE false'), /the file is empty/],
      [`${folder}/.`, /Expected a file ending/],
    ];
    for (const [path, message] of cases) {
      const error = await failure(path);
      expect(error, path).toBeInstanceOf(ConfigError);
      expect(String(error)).toMatch(message);
    }
  });

  it('is refused when it breaks off in the middle', async () => {
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(
      await parquet(`SELECT ${T0} + i ts_ms, random() + 1 price, 1.0 size FROM range(300000) t(i)`),
    );
    bytes.fill(0xff, 400_000, 900_000);
    const error = await failure(file('.parquet', bytes));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(/Cannot read .* as Parquet/);
  });
});

describe('openCandleFile', () => {
  const header = 'open_time_ms,open,high,low,close,volume,trades';
  const read = async (path: string) => {
    const all: { rows: object[]; bad: BadRow[] } = { rows: [], bad: [] };
    for await (const { rows, bad } of await openCandleFile(path, '1m')) {
      all.rows.push(...rows);
      all.bad.push(...bad);
    }
    return all;
  };

  it('reads bars of any format, and names rows that contradict themselves', async () => {
    const bar = { openTime: T0, open: 2, high: 4, low: 1, close: 3, volume: 0, turnover: null, trades: 7 };
    const csv = file(
      '.csv',
      [
        header,
        `${T0},2,4,1,3,0,7`,
        `${T0 + 1},2,4,1,3,0,7`,
        `${T0},2,2.5,1,3,0,`,
        `${T0},2,4,2.5,3,0,`,
        `${T0},2,4,1,3,-1,`,
        `${T0},2,4,1,3,0,`,
      ].join('\n'),
    );
    const { rows, bad } = await read(csv);
    expect(rows).toEqual([bar, { ...bar, trades: null }]);
    expect(bad.map((row) => [row.line, row.reason])).toEqual([
      [3, `open_time_ms: expected the open of a 1m bar, got ${T0 + 1}`],
      [4, 'high: expected the highest price, got 2.5'],
      [5, 'low: expected the lowest price, got 2.5'],
      [6, 'volume: expected a number from 0, got "-1"'],
    ]);
    const columnar = await parquet(
      `SELECT ${T0} open_time_ms, 2 open, 4.0::DOUBLE high, 1 low, 3 AS close, 0 volume, 7 trades`,
    );
    expect(await read(columnar)).toEqual({ rows: [bar], bad: [] });
  });

  it('reads real Bybit bars whole', async (context) => {
    const { rows, bad } = await read(
      needRealData(context, 'candles/bybit-linear-btcusdt-1m-2025-05-30.parquet'),
    );
    expect([rows.length, bad.length]).toEqual([43_200, 0]);
  });
});
