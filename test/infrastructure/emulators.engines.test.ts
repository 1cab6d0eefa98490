import { v1 } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import { PassThroughClient } from 'google-auth-library';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bigQueryClient } from '../../connectors/bigquery/client.ts';
import { openClients } from '../../connectors/bus/pubsub/clients.ts';
import { openClient } from '../../connectors/state/bigtable/client.ts';
import { type Made, PROJECT, stackOfTier } from '../../infra/pulumi/mocked.fixture.ts';
import { type BigQueryServer, needBigQuery, startBigQuery } from '../bigquery/bqemulator.ts';
import { startBigtable } from '../bigtable/bigtable.ts';
import { type GoServer, needGo, wantsGo } from '../go-server.ts';
import { startPstest } from '../pstest/pstest.ts';

const stack = await stackOfTier({ tier: 'dataflow', stage: 'prod' });
const of = (type: string): readonly Made[] => stack.filter((made) => made.type === type);
const seconds = (text?: string) => (text === undefined ? undefined : { seconds: Number.parseInt(text, 10) });

describe('Bigtable', () => {
  let server: GoServer | undefined;
  beforeAll(async () => {
    if (wantsGo()) server = await startBigtable();
  });
  afterAll(() => server?.stop());

  it('takes the table with its families and what of them is garbage', async (context) => {
    needGo(context);
    const client = openClient(PROJECT, server!.address);
    const [{ inputs: table }] = of('gcp:bigtable/table:Table') as [Made];
    const rules = of('gcp:bigtable/gCPolicy:GCPolicy').map(({ inputs }) => inputs);
    expect(rules.map(({ columnFamily }) => columnFamily)).toEqual(
      table.columnFamilies.map(({ family }: { family: string }) => family),
    );
    const families = rules.map(({ columnFamily, gcRules }) => ({
      name: columnFamily,
      rule: ruleOf(JSON.parse(gcRules)),
    }));
    const [made] = await client.instance(table.instanceName).createTable(table.name, { families });
    const [kept] = await made.getFamilies();
    expect(Object.fromEntries(kept.map(({ id, metadata }) => [id, metadata?.gcRule]))).toEqual({
      k: { rule: 'maxNumVersions', maxNumVersions: 1 },
      x: {
        rule: 'union',
        union: {
          rules: [
            { rule: 'maxAge', maxAge: { seconds: '1', nanos: 0 } },
            { rule: 'maxNumVersions', maxNumVersions: 1 },
          ],
        },
      },
    });
    await client.close();
  });
});

/** As the provider reads `gcRules`. */
function ruleOf({ mode, rules }: { mode?: string; rules: readonly Record<string, string | number>[] }) {
  const [versions, age] = rules;
  const rule = { versions: Number(versions!.max_version) };
  return age
    ? {
        ...rule,
        age: { seconds: Number.parseInt(String(age.max_age), 10), nanos: 0 },
        union: mode === 'union',
      }
    : rule;
}

describe('Pub/Sub', () => {
  let server: GoServer | undefined;
  beforeAll(async () => {
    if (wantsGo()) server = await startPstest();
  });
  afterAll(() => server?.stop());

  it('takes the topics, their schemas and all subscriptions', async (context) => {
    needGo(context);
    const { publisher, subscriber, close } = openClients(PROJECT, server!.address);
    const schemas = new v1.SchemaServiceClient(insecure(server!));
    for (const { inputs } of of('gcp:pubsub/schema:Schema')) {
      const { name: schemaId, type, definition } = inputs;
      const schema = { type, definition };
      const [made] = await schemas.createSchema({ parent: `projects/${PROJECT}`, schemaId, schema });
      expect(made.name).toBe(`projects/${PROJECT}/schemas/${schemaId}`);
    }
    await schemas.close();
    for (const { inputs } of of('gcp:pubsub/topic:Topic')) {
      await publisher.createTopic({ name: `projects/${PROJECT}/topics/${inputs.name}` });
    }
    const made: string[] = [];
    for (const { inputs } of of('gcp:pubsub/subscription:Subscription')) {
      const [subscription] = await subscriber.createSubscription(requestOf(inputs));
      made.push(subscription.name!);
      expect(subscription).toMatchObject({
        enableMessageOrdering: inputs.enableMessageOrdering ?? false,
        ...(inputs.bigqueryConfig && { bigqueryConfig: { table: inputs.bigqueryConfig.table } }),
      });
    }
    expect(made.length).toBe(27);
    await close();
  });
});

function insecure({ address, port }: GoServer) {
  const servicePath = address.slice(0, address.lastIndexOf(':'));
  const sslCreds = credentials.createInsecure();
  // Without a client of its own it would look for the default credentials all the same.
  return { projectId: PROJECT, servicePath, port, sslCreds, authClient: new PassThroughClient() as never };
}

/** Pub/Sub's own words for the provider's. */
function requestOf(inputs: Made['inputs']) {
  const { name, topic, retryPolicy: retry, expirationPolicy, messageRetentionDuration, ...rest } = inputs;
  expect(expirationPolicy).toEqual({ ttl: '' });
  return {
    ...rest,
    name: `projects/${PROJECT}/subscriptions/${name}`,
    topic: `projects/${PROJECT}/topics/${topic}`,
    expirationPolicy: {},
    messageRetentionDuration: seconds(messageRetentionDuration),
    ...(retry && {
      retryPolicy: {
        minimumBackoff: seconds(retry.minimumBackoff),
        maximumBackoff: seconds(retry.maximumBackoff),
      },
    }),
  };
}

describe('BigQuery', () => {
  let server: BigQueryServer | undefined;
  beforeAll(async () => {
    needBigQuery({ skip: () => undefined as never });
    server = await startBigQuery();
  }, 400_000);
  afterAll(() => server?.stop());

  it('takes the tables, and each view once what it reads is there', async (context) => {
    needBigQuery(context);
    const [{ inputs: history }] = of('gcp:bigquery/dataset:Dataset') as [Made];
    const place = { project: PROJECT, dataset: history.datasetId, apiEndpoint: server!.apiEndpoint };
    const client = bigQueryClient(place);
    const [dataset] = await client.createDataset(place.dataset, { location: history.location });
    for (const { name, inputs } of inOrder(of('gcp:bigquery/table:Table'))) {
      await dataset.createTable(name, inputs.view ? { view: inputs.view } : resourceOf(inputs));
      const [rows] = await client.query(`SELECT * FROM \`${PROJECT}.${place.dataset}.${name}\``);
      expect(rows, name).toEqual([]);
    }
  });
});

/** As Pulumi makes them: each behind what it waits for. */
function inOrder(made: readonly Made[]): readonly Made[] {
  const ordered = new Set<Made>();
  const add = (one: Made): void => {
    for (const other of made) if (one.after.includes(other.name) && !ordered.has(other)) add(other);
    ordered.add(one);
  };
  made.forEach(add);
  return [...ordered];
}

/** BigQuery's own words for the provider's. */
function resourceOf({ schema, clusterings, timePartitioning }: Made['inputs']) {
  const { expirationMs, ...partitioning } = timePartitioning;
  return {
    schema: { fields: JSON.parse(schema) },
    clustering: { fields: clusterings },
    timePartitioning: { ...partitioning, ...(expirationMs && { expirationMs: String(expirationMs) }) },
  };
}
