import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { type BigQueryServer, needBigQuery, startBigQuery } from '../../test/bigquery/bqemulator.ts';
import { bigQueryClient } from '../bigquery/client.ts';
import { systemClock } from '../clock/system.ts';
import { openBigQueryHistory } from './bigquery.ts';
import { testHistoryContract } from './contract.ts';

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

  testHistoryContract('BigQuery', async () => {
    made += 1;
    const place = { project: PROJECT, dataset: `history_${made}`, apiEndpoint: server!.apiEndpoint };
    await bigQueryClient(place).createDataset(place.dataset);
    const open = () => openBigQueryHistory({ ...place, clock: systemClock });
    let history = await open();
    return {
      history,
      parametersSql: PARAMETERS,
      async reopen() {
        await history.close();
        history = await open();
        return history;
      },
      dispose: () => history.close(),
    };
  });
});
