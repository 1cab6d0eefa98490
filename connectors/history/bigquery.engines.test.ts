import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TABLE_NAMES } from '../../schemas/tables.ts';
import { type BigQueryServer, needBigQuery, startBigQuery } from '../../test/bigquery/bqemulator.ts';
import { bigQueryClient } from '../bigquery/client.ts';
import { systemClock } from '../clock/system.ts';
import { BackfillCursor } from './backfill/cursor.ts';
import { exchange } from './backfill/exchange.fixture.ts';
import { backfillKlines } from './backfill/klines.ts';
import { openBigQueryHistory } from './bigquery.ts';
import { candle, testHistoryContract, wire } from './contract.ts';

const PROJECT = 'my-project';
const PARAMETERS = `
  SELECT openTime, revision, low > @low AS above, @nothing IS NULL AS empty FROM candles
  WHERE symbol = @symbol AND openTime >= @from AND filled = @filled AND revision IN UNNEST(@revisions)`;

let server: BigQueryServer | undefined;
let made = 0;

beforeAll(async () => {
  needBigQuery({ skip: () => undefined as never });
  server = await startBigQuery();
}, 400_000);
afterAll(() => server?.stop());

describe('BigQuery history', () => {
  beforeEach((context) => needBigQuery(context));

  const newDataset = async () => {
    made += 1;
    const place = { project: PROJECT, dataset: `history_${made}`, apiEndpoint: server!.apiEndpoint };
    await bigQueryClient(place).createDataset(place.dataset);
    return { ...place, clock: systemClock };
  };

  testHistoryContract('BigQuery', async () => {
    const place = await newDataset();
    let history = await openBigQueryHistory(place);
    return {
      history,
      parametersSql: PARAMETERS,
      async reopen() {
        await history.close();
        history = await openBigQueryHistory(place);
        return history;
      },
      dispose: () => history.close(),
    };
  });

  it('is filled by a backfill, hole by hole', async () => {
    const history = await openBigQueryHistory(await newDataset());
    const fromMs = Date.UTC(2025, 0, 1);
    const hole = { fromMs: fromMs + 600_000, toMs: fromMs + 900_000 };
    const run = (absent: (openTime: number) => boolean) => {
      const cursor = new BackfillCursor(':memory:');
      const series = { venue: 'bybit', symbols: ['BTCUSDT'], interval: '1m', fromMs } as const;
      const span = { ...series, toMs: fromMs + 3_000 * 60_000, target: 'test', clock: systemClock };
      return backfillKlines({ ...span, history, cursor, rest: exchange(absent) }).finally(() =>
        cursor.close(),
      );
    };
    const first = await run((openTime) => openTime >= hole.fromMs && openTime < hole.toMs);
    expect(first.verdicts).toMatchObject([{ expected: 3_000, bars: 2_995, holes: [hole] }]);
    const second = await run(() => false);
    expect(second).toMatchObject({ pages: 1, verdicts: [{ bars: 3_000, holes: [] }] });
    expect(await history.query('SELECT kind, resolved FROM feed_events ORDER BY kind')).toEqual([
      { kind: 'GAP', resolved: false },
      { kind: 'RECOVERED', resolved: true },
    ]);
    expect(await history.query('SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM candles')).toEqual([
      { n: 3_000, ids: 3_000 },
    ]);
  });

  // A dataset that is missing is no case here: the emulator lists its tables as none, BigQuery answers 404 (client.test.ts).
  it('says what to do where a table is another’s', async () => {
    const place = await newDataset();
    await bigQueryClient(place)
      .dataset(place.dataset)
      .createTable('candles', { schema: { fields: [{ name: 'id', type: 'INT64', mode: 'REQUIRED' }] } });
    await expect(openBigQueryHistory(place)).rejects.toThrow(
      /candles with id STRING, got INT64.*ALTER TABLE/,
    );
  });

  it('keeps no table of what it loaded', async () => {
    const place = await newDataset();
    const history = await openBigQueryHistory(place);
    await history.insert('candles', [wire(candle())]);
    const [tables] = await bigQueryClient(place).dataset(place.dataset).getTables();
    expect(tables.map(({ id }) => id).sort()).toEqual([...TABLE_NAMES].sort());
  });
});
