/** What real trades say of prices that bars do not tell: a second behind a stop, two seconds behind a close. */
import { DuckDBInstance } from '@duckdb/node-api';
import { realData } from '../../test/real-data.ts';
import { signed, table } from './tables.ts';

const FILES = {
  'LTC/USDT, Binance spot, 31 h': 'trades/binance-ltcusdt-2025-06-21.parquet',
  'BTC/USDT, Kraken spot, 5.4 days': 'trades/kraken-btcusdt-2023-11-17.parquet',
} as const;

/** From each minute's close a long and a short with a stop 0.5 % away; those hit in one minute count once, as their mean. */
const STOPS = `WITH closes AS (SELECT (ts_ms // 60000 + 1) * 60000 AS since, arg_max(price, ts_ms) AS entry FROM trades GROUP BY 1),
  sides AS (SELECT since, entry, direction FROM closes, (VALUES (1), (-1)) AS side(direction)),
  hits AS (SELECT direction, entry * (1 - direction * 0.005) AS stop, min(ts_ms) AS hit_ms FROM sides JOIN trades
    ON ts_ms > since AND ts_ms <= since + 3600000 AND direction * (price - entry * (1 - direction * 0.005)) <= 0
    GROUP BY since, entry, direction),
  behind AS (SELECT hit_ms, direction * (stop - price) / stop * 1e4 AS bps FROM hits ASOF JOIN trades ON ts_ms <= hit_ms + 1000),
  minutes AS (SELECT avg(bps) AS bps FROM behind GROUP BY hit_ms // 60000)
  SELECT count(*)::DOUBLE, avg(bps), quantile_cont(bps, 0.95) FROM minutes`;

const CLOSES = `WITH closes AS (SELECT (ts_ms // 60000 + 1) * 60000 AS since, arg_max(price, ts_ms) AS entry FROM trades GROUP BY 1)
  SELECT avg(abs(price / entry - 1)) * 1e4 FROM closes ASOF JOIN trades ON ts_ms <= since + 2000`;

export async function behindStops(): Promise<string> {
  const head = [
    '',
    'minutes with a stop hit',
    'a second later, mean',
    '95 % within',
    'two seconds after a close, mean move',
  ];
  const rows: string[][] = [];
  for (const [name, file] of Object.entries(FILES)) {
    const path = realData(file);
    if (path === null) continue;
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(`CREATE TABLE trades AS SELECT ts_ms, price FROM read_parquet('${path}')`);
    const [minutes, mean, most] = (await connection.runAndReadAll(STOPS)).getRows()[0] as number[];
    const [moved] = (await connection.runAndReadAll(CLOSES)).getRows()[0] as number[];
    connection.disconnectSync();
    const bps = (value: number) => `${signed(value)} bps`;
    rows.push([name, String(minutes), `${bps(mean!)} beyond the stop`, bps(most!), bps(moved!)]);
  }
  return table(head, rows);
}
