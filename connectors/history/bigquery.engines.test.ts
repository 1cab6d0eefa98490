import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WireFormatError } from '../../schemas/errors.ts';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import { TABLE_NAMES } from '../../schemas/tables.ts';
import { encodeTradeBatch } from '../../schemas/trade-batch.ts';
import { type BigQueryServer, needBigQuery, startBigQuery } from '../../test/bigquery/bqemulator.ts';
import { bigQueryClient } from '../bigquery/client.ts';
import { openEmbeddedBus } from '../bus/embedded.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import { ManualClock } from '../clock/manual.ts';
import { systemClock } from '../clock/system.ts';
import { BackfillCursor } from './backfill/cursor.ts';
import { exchange } from './backfill/exchange.fixture.ts';
import { backfillKlines } from './backfill/klines.ts';
import { bigQueryAppender, openBigQueryHistory } from './bigquery.ts';
import { candle, testHistoryContract, wire } from './contract.ts';
import { rowsOf } from './rows.ts';
import { recordHistory } from './subscriber.ts';

const PROJECT = 'my-project';
const START = Date.UTC(2024, 2, 1);

const message = (id: string, data: Uint8Array): OutgoingMessage => ({
  data,
  attributes: standardAttributes(id, START),
  orderingKey: '',
});

function batchOf(...names: readonly string[]): Uint8Array {
  const trades = names.map((tradeId, i) => ({
    tradeId,
    seq: i + 1,
    ts: START,
    price: 61_000.1,
    size: 0.001,
    side: 'BUY' as const,
  }));
  return encodeTradeBatch({ venue: 'bybit', symbol: 'BTCUSDT', claim: null, last: null, trades });
}

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

  it('is filled from the bus, each message once, whoever sends it again', async () => {
    const clock = new ManualClock(START);
    const bus = await openEmbeddedBus({ dir: null, clock });
    const history = await openBigQueryHistory(await newDataset());
    const topics = ['market-candles', 'raw-tick-data', 'dead-letters'] as const;
    const bar = Buffer.from(JSON.stringify(wire(candle())));
    const batches = [batchOf('a', 'b'), batchOf('b', 'c'), Buffer.from('no batch')];
    // Under other names, since the bus drops a second message of a name.
    for (const round of [1, 2]) {
      const recorder = await recordHistory({ bus, history, clock, topics });
      await bus.publish('market-candles', [message(`bar ${round}`, bar)]);
      const messages = batches.map((batch, i) => message(`batch ${i} ${round}`, batch));
      await bus.publish('raw-tick-data', messages);
      await recorder.close();
    }
    expect(await history.query('SELECT id, ts, price FROM ticks ORDER BY id')).toEqual(
      ['a', 'b', 'c'].map((name) => ({
        id: `bybit:BTCUSDT:${name}`,
        ts: '2024-03-01T00:00:00.000Z',
        price: 61_000.1,
      })),
    );
    expect(await history.query('SELECT COUNT(*) AS n FROM candles')).toEqual([{ n: 1 }]);
    expect(await history.query('SELECT stage, source FROM dead_letters ORDER BY source')).toEqual(
      ['batch 2 1', 'batch 2 2'].map((source) => ({ stage: 'history:raw-tick-data', source })),
    );
    await bus.close();
  });

  it('takes rows as they are by a load alone: all of a call or none, and staging knows them apart', async () => {
    const place = await newDataset();
    const history = await openBigQueryHistory(place);
    const appender = bigQueryAppender(place);
    const rows = rowsOf('raw-tick-data', batchOf('a', 'b', 'c'));
    await appender.insert('ticks', rows.slice(0, 2));
    await appender.insert('ticks', rows.slice(1));
    expect(await history.query('SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM ticks')).toEqual([
      { n: 4, ids: 3 },
    ]);
    const staging = readFileSync(resolve(import.meta.dirname, '../../bq/staging/stg_ticks.sql'), 'utf8');
    const trades = await history.query(`SELECT trade_id FROM (${staging}) ORDER BY trade_id`);
    expect(trades.map(({ trade_id }) => trade_id)).toEqual(['a', 'b', 'c']);
    for (const wrong of [{ price: 'dear' }, { ts: null }]) {
      const bad = [rows[0]!, { ...rows[1]!, ...wrong }];
      await expect(appender.insert('ticks', bad), JSON.stringify(wrong)).rejects.toThrow(WireFormatError);
    }
    expect(await history.query('SELECT COUNT(*) AS n FROM ticks')).toEqual([{ n: 4 }]);
    await appender.close();
  });

  it('keeps no table of what it loaded', async () => {
    const place = await newDataset();
    const history = await openBigQueryHistory(place);
    await history.insert('candles', [wire(candle())]);
    const [tables] = await bigQueryClient(place).dataset(place.dataset).getTables();
    expect(tables.map(({ id }) => id).sort()).toEqual([...TABLE_NAMES].sort());
  });
});
