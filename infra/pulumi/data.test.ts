import { describe, expect, it } from 'vitest';
import { TABLE_NAMES, TABLES } from '../../schemas/tables.ts';
import { type Made, type Stacked, stackOf, stackOfTier } from './mocked.fixture.ts';

const PROD = { tier: 'single-node', stage: 'prod' } as const;
const TABLE = 'gcp:bigquery/table:Table';
const inputsOf = (stack: Stacked, type: string, name: string) =>
  stack.find((made) => made.type === type && made.name === name)!.inputs;

let known: Promise<Stacked> | undefined;
/** A stack whose every word on data is its own. */
const told = () => {
  known ??= stackOf({
    stage: 'dev',
    keepHistory: true,
    keepDays: { candles: 30, ticks: null },
    stateNodes: { min: 2, max: 5 },
  });
  return known;
};

describe('data', () => {
  const isProtected = ({ inputs }: Made) =>
    inputs.deletionProtection ?? inputs.deleteContentsOnDestroy === false;

  it.each([
    ['prod', () => stackOfTier(PROD), true],
    ['dev', () => stackOfTier({ ...PROD, stage: 'dev' }), false],
    ['dev that is told to keep history', told, true],
  ])('in %s is protected and outlives the stack, or is not', async (_, of, isKept) => {
    const stack = await of();
    const data = stack.filter(
      ({ type, inputs }) =>
        /^gcp:(bigquery\/(dataset:|table:)|bigtable\/(instance|table):|secretmanager\/secret:)/.test(type) &&
        inputs.view === undefined,
    );
    expect(data.length).toBeGreaterThan(14);
    expect(data.filter(({ isRetained }) => isRetained !== isKept)).toEqual([]);
    const wanted = isKept ? [true, 'PROTECTED'] : [false, 'UNPROTECTED'];
    expect(data.filter((made) => !wanted.includes(isProtected(made)))).toEqual([]);
  });
});

describe('history', () => {
  it('has a table for each of the schemas', async () => {
    const tables = (await stackOfTier(PROD)).filter(({ type, inputs }) => type === TABLE && !inputs.view);
    expect(tables.map(({ inputs }) => inputs.tableId)).toEqual([...TABLE_NAMES].sort());
    const kept = tables.map(({ name, inputs }) => [name, inputs.timePartitioning.expirationMs]);
    expect(Object.fromEntries(kept)).toEqual(
      Object.fromEntries(
        TABLE_NAMES.map((name) => {
          const { keepDays } = TABLES[name];
          return [name, keepDays === null ? undefined : keepDays * 86_400_000];
        }),
      ),
    );
  });

  it('has its tables partitioned by day, clustered and described, column by column', async () => {
    const { schema, ...inputs } = inputsOf(await stackOfTier(PROD), TABLE, 'scalp_signals');
    expect(inputs).toEqual({
      datasetId: 'history',
      tableId: 'scalp_signals',
      description: 'One row: one scalp signal.',
      timePartitioning: { type: 'DAY', field: 'timestamp' },
      clusterings: ['pair', 'strategy'],
      deletionProtection: true,
    });
    expect(JSON.parse(schema)[0]).toEqual({
      name: 'id',
      type: 'STRING',
      mode: 'REQUIRED',
      description: expect.stringMatching(/./),
    });
  });

  it('keeps rows as long as the stack says, where it says so', async () => {
    const stack = await told();
    const partitioning = (name: string) => inputsOf(stack, TABLE, name).timePartitioning;
    expect(partitioning('candles')).toEqual({ type: 'DAY', field: 'openTime', expirationMs: 2_592_000_000 });
    expect(partitioning('ticks')).toEqual({ type: 'DAY', field: 'ts' });
  });

  it('has views that name what they read whole, after what they read', async () => {
    const stack = await stackOfTier(PROD);
    const view = stack.find(({ type, name }) => type === TABLE && name === 'looker_feed')!;
    expect(view.inputs.view).toEqual({
      useLegacySql: false,
      query: expect.stringContaining('FROM `test-project.history.feed_quality`'),
    });
    expect(view.after).toEqual(expect.arrayContaining(['feed_quality', 'gap_ledger', 'feed_events']));
  });
});

describe('state', () => {
  it('scales by load between the nodes that the stack says, with writes to one row at a time in order', async () => {
    const stack = await told();
    expect(inputsOf(stack, 'gcp:bigtable/instance:Instance', 'cst-state').clusters).toEqual([
      {
        clusterId: 'cst-state-1',
        zone: 'asia-southeast1-b',
        storageType: 'SSD',
        autoscalingConfig: { minNodes: 2, maxNodes: 5, cpuTarget: 60 },
      },
    ]);
    expect(inputsOf(stack, 'gcp:bigtable/appProfile:AppProfile', 'state-store').singleClusterRouting).toEqual(
      { clusterId: 'cst-state-1', allowTransactionalWrites: true },
    );
  });
});

describe('the registry', () => {
  it('scans what is pushed, lets no tag change, and deletes what is old but for the newest', async () => {
    const { dockerConfig, vulnerabilityScanningConfig, cleanupPolicies } = inputsOf(
      await stackOfTier(PROD),
      'gcp:artifactregistry/repository:Repository',
      'cst',
    );
    expect({ dockerConfig, vulnerabilityScanningConfig, cleanupPolicies }).toEqual({
      dockerConfig: { immutableTags: true },
      vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' },
      cleanupPolicies: [
        { id: 'keep-newest', action: 'KEEP', mostRecentVersions: { keepCount: 10 } },
        { id: 'delete-old', action: 'DELETE', condition: { tagState: 'ANY', olderThan: '2592000s' } },
      ],
    });
  });
});
