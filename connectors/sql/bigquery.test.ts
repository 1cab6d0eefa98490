import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../schemas/errors.ts';
import { openBigQuerySql } from './bigquery.ts';

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that speaks as much of BigQuery's REST as a query takes; `asked` are the jobs it was given. */
async function bigQuery(answers: (path: string) => Answer) {
  const asked: { configuration: { query: Record<string, unknown>; dryRun?: boolean } }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST') asked.push(JSON.parse(Buffer.concat(chunks).toString()));
      const { status = 200, body } = answers(request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const engine = openBigQuerySql({
    project: 'my-project',
    dataset: 'history',
    location: 'EU',
    maxBytes: 5e9,
    apiEndpoint: `http://127.0.0.1:${port}`,
  });
  return { engine, asked };
}

const JOB = {
  jobReference: { jobId: 'j', projectId: 'my-project', location: 'EU' },
  status: { state: 'DONE' },
};
const FIELDS = [
  { name: 'at', type: 'TIMESTAMP', mode: 'NULLABLE' },
  { name: 'day', type: 'DATE', mode: 'NULLABLE' },
  { name: 'n', type: 'INTEGER', mode: 'NULLABLE' },
  { name: 'great', type: 'INTEGER', mode: 'NULLABLE' },
  { name: 'price', type: 'FLOAT', mode: 'NULLABLE' },
  {
    name: 'checks',
    type: 'RECORD',
    mode: 'NULLABLE',
    fields: [{ name: 'ok', type: 'BOOLEAN', mode: 'NULLABLE' }],
  },
  { name: 'free', type: 'JSON', mode: 'NULLABLE' },
  { name: 'tags', type: 'STRING', mode: 'REPEATED' },
  { name: 'none', type: 'FLOAT', mode: 'NULLABLE' },
];
const CELLS = [
  '1709251200500000',
  '2024-03-01',
  '7',
  '9007199254740993',
  '1.5',
  { f: [{ v: 'true' }] },
  '{"a": [1]}',
  [{ v: 'x' }],
  null,
];

describe('GoogleSQL on BigQuery', () => {
  it('asks for a job over the dataset with typed parameters and a limit, and gives plain rows', async () => {
    const rows = [{ f: CELLS.map((v) => ({ v })) }];
    const { engine, asked } = await bigQuery((path) => ({
      body: path.includes('/queries/')
        ? { ...JOB, jobComplete: true, schema: { fields: FIELDS }, rows, totalRows: '1' }
        : JOB,
    }));
    const result = await engine.query({
      sql: 'SELECT @x',
      params: {
        x: { type: 'FLOAT64', value: null },
        list: { type: 'ARRAY<FLOAT64>', value: [0.5] },
        at: { type: 'TIMESTAMP', value: '2024-03-01T00:00:00.000Z' },
      },
    });
    expect(result.columns).toEqual(FIELDS.map(({ name }) => name));
    expect(result.rows).toEqual([
      {
        at: '2024-03-01T00:00:00.500Z',
        day: '2024-03-01',
        n: 7,
        great: '9007199254740993',
        price: 1.5,
        checks: { ok: true },
        free: { a: [1] },
        tags: ['x'],
        none: null,
      },
    ]);
    const { query } = asked[0]!.configuration;
    expect(query).toMatchObject({
      query: 'SELECT @x',
      useLegacySql: false,
      defaultDataset: { projectId: 'my-project', datasetId: 'history' },
      maximumBytesBilled: '5000000000',
    });
    expect(query.queryParameters).toMatchObject([
      { name: 'x', parameterType: { type: 'FLOAT64' } },
      {
        name: 'list',
        parameterType: { type: 'ARRAY', arrayType: { type: 'FLOAT64' } },
        parameterValue: { arrayValues: [{ value: 0.5 }] },
      },
      {
        name: 'at',
        parameterType: { type: 'TIMESTAMP' },
        parameterValue: { value: expect.stringContaining('2024-03-01') },
      },
    ]);
  });

  it('tells the bytes of a dry run, whatever the limit', async () => {
    const statistics = {
      totalBytesProcessed: '12300000000',
      query: { totalBytesProcessedAccuracy: 'UPPER_BOUND' },
    };
    const { engine, asked } = await bigQuery(() => ({ body: { ...JOB, statistics } }));
    expect(await engine.explain({ sql: 'SELECT 1', params: {} })).toEqual({
      bytes: 12_300_000_000,
      text: 'BigQuery would scan 12.300 GB (accuracy: UPPER_BOUND).',
    });
    expect(asked[0]!.configuration).toMatchObject({ dryRun: true });
    expect(asked[0]!.configuration.query).not.toHaveProperty('maximumBytesBilled');
  });

  it.each([
    [400, 'Unrecognized name: a', ConfigError, /Unrecognized name: a/],
    [404, 'Not found: Table my-project:history.candles', ConfigError, /history\.candles/],
    [
      400,
      'Query exceeded limit for bytes billed: 5000000000. 12300000000 or higher required.',
      ConfigError,
      /--explain.*--max-gb/,
    ],
    [403, 'Access Denied', ConfigError, /roles\/bigquery/],
    [401, 'Invalid Credentials', ConfigError, /gcloud auth/],
  ] as const)('explains an answer of %i: %s', async (status, message, kind, text) => {
    const { engine } = await bigQuery(() => ({
      status,
      body: { error: { code: status, message, errors: [{ message }] } },
    }));
    const failed = engine.query({ sql: 'SELECT a', params: {} });
    await expect(failed).rejects.toThrow(kind);
    await expect(failed).rejects.toThrow(text);
  });
});
