import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../bq/catalog.ts';
import { CHART_QUEUE } from '../../schemas/chart-task.ts';
import {
  type Made,
  PROJECT,
  PROJECT_NUMBER,
  STACKS,
  type Stacked,
  stackOf,
  stackOfTier,
} from './mocked.fixture.ts';

const METADATA = join(import.meta.dirname, '../dataflow/flex/metadata.json');
const SUBNETWORK = 'gcp:compute/subnetwork:Subnetwork';
const ACCOUNT = (name: string) => `${name}@${PROJECT}.iam.gserviceaccount.com`;
const URL_OF = (name: string) => `https://${name}-${PROJECT_NUMBER}.asia-southeast1.run.app`;

/** Whose job begins with the history of the exchange. */
const graphParams = { market: { allowedDisorderMs: 1_500 } };
const bootstrapped = stackOf({
  tier: 'dataflow',
  dataflow: { bootstrap: ['BTCUSDT', 'ETHUSDT'] },
  graphParams,
});

const of = (stack: Stacked, type: string): Made[] =>
  stack.filter((made) => made.type.startsWith(`gcp:${type}`));
const wayOf = (stack: Stacked, name: string) => {
  const { vpcAccess } = of(stack, 'cloudrunv2/service:').find((made) => made.name === name)!.inputs.template;
  return vpcAccess ? [vpcAccess.egress, vpcAccess.networkInterfaces[0].subnetwork] : 'straight';
};

describe.each(STACKS)('the platform of $tier, $stage', (which) => {
  let stack: Stacked;
  beforeAll(async () => {
    stack = await stackOfTier(which);
  });

  it('has each queue once, and who adds to it may', () => {
    expect(of(stack, 'cloudtasks/queue:').map(({ inputs }) => inputs.name)).toEqual([CHART_QUEUE]);
    const members = of(stack, 'cloudtasks/queueIamMember:').map(({ inputs }) => [inputs.role, inputs.member]);
    expect(members).toEqual(
      ['telegram-notifier', 'telegram-webhook'].map((name) => [
        'roles/cloudtasks.enqueuer',
        `serviceAccount:${ACCOUNT(name)}`,
      ]),
    );
  });

  it('calls MACRO each quarter of an hour and the desk each minute, signed for their addresses', () => {
    const timers = of(stack, 'cloudscheduler/job:').map(({ inputs }) => [
      inputs.schedule,
      inputs.httpTarget.uri,
      inputs.httpTarget.oidcToken,
    ]);
    const token = (name: string) => ({ serviceAccountEmail: ACCOUNT('call-timer'), audience: URL_OF(name) });
    expect(timers).toEqual([
      ['*/15 * * * *', `${URL_OF('macro-engine')}/`, token('macro-engine')],
      ['* * * * *', `${URL_OF('trade-desk')}/timer`, token('trade-desk')],
    ]);
  });

  it('asks history each day what must never be in it', () => {
    const checks = of(stack, 'bigquery/dataTransferConfig:');
    const tests = queries().filter(({ layer }) => layer === 'tests');
    expect(checks.map(({ inputs }) => inputs.displayName).sort()).toEqual(tests.map(({ name }) => name));
    for (const { inputs } of checks) {
      expect(inputs).toMatchObject({
        schedule: 'every day 02:00',
        serviceAccountName: ACCOUNT('data-checks'),
      });
      expect(inputs.params.query).toMatch(/^SET @@dataset_id = 'history';\nASSERT NOT EXISTS \(\n/);
      // No parameter is left, which a scheduled query would not know.
      expect(inputs.params.query.replace('@@dataset_id', '')).not.toMatch(/@\w/);
    }
  });

  it('has no way to the internet for what needs none, and nothing that lets anybody in', () => {
    expect(wayOf(stack, 'state-sink')).toEqual(['ALL_TRAFFIC', 'cst-inner']);
    expect(wayOf(stack, 'trade-desk')).toEqual(['ALL_TRAFFIC', 'cst-inner']);
    expect(wayOf(stack, 'relay-bybit-a')).toBe('straight');
    expect(of(stack, 'compute/').map(({ type }) => type)).toEqual([
      'gcp:compute/network:Network',
      SUBNETWORK,
    ]);
    const [subnetwork] = of(stack, 'compute/subnetwork:');
    expect(subnetwork!.inputs.privateIpGoogleAccess).toBe(true);
  });

  it('runs the graph in one way alone', () => {
    const node = of(stack, 'cloudrunv2/service:').filter(({ name }) => name === 'signal-graph');
    const isJob = which.tier === 'dataflow';
    expect([node.length, of(stack, 'dataflow/').length]).toEqual(isJob ? [0, 1] : [1, 0]);
  });
});

describe('the job of Dataflow', () => {
  it('has machines without public addresses, Streaming Engine, a bound and an account of its own', async () => {
    const stack = await stackOfTier({ tier: 'dataflow', stage: 'prod' });
    const [{ inputs }] = of(stack, 'dataflow/') as [Made];
    expect(inputs).toMatchObject({
      ipConfiguration: 'WORKER_IP_PRIVATE',
      enableStreamingEngine: true,
      onDelete: 'drain',
      autoscalingAlgorithm: 'THROUGHPUT_BASED',
      maxWorkers: 4,
      machineType: 'n2-standard-2',
      serviceAccountEmail: ACCOUNT('signal-graph'),
      parameters: { workerImage: `asia-southeast1-docker.pkg.dev/${PROJECT}/cst/worker:1.0`, venue: 'bybit' },
    });
  });

  it('is started by a template that knows its parameters', async () => {
    const stack = await bootstrapped;
    const [job] = of(stack, 'dataflow/') as [Made];
    const [template] = of(stack, 'storage/bucketObject:') as [Made];
    const { bucket, name, source } = template.inputs;
    expect(job.inputs.containerSpecGcsPath).toBe(`gs://${bucket}/${name}`);
    const { image, sdkInfo, metadata } = JSON.parse(await source.text);
    expect(metadata).toEqual(JSON.parse(readFileSync(METADATA, 'utf8')));
    expect([image, sdkInfo.language]).toEqual([
      `asia-southeast1-docker.pkg.dev/${PROJECT}/cst/launcher:1.0`,
      'PYTHON',
    ]);
    for (const [parameter, value] of Object.entries(job.inputs.parameters)) {
      const { regexes } = metadata.parameters.find((each: { name: string }) => each.name === parameter);
      expect(value).toMatch(new RegExp(regexes[0]));
    }
    expect(job.inputs.parameters).toMatchObject({
      history: 'exchange',
      symbols: 'BTCUSDT,ETHUSDT',
      params: JSON.stringify(graphParams),
    });
  });

  it('stands still while the tier changes, and the subscriptions keep what comes', async () => {
    const [still, single] = [
      await stackOf({ tier: 'dataflow', runGraph: false }),
      await stackOf({ tier: 'single-node', runGraph: false }),
    ];
    for (const stack of [still, single]) {
      expect([
        ...of(stack, 'dataflow/'),
        ...stack.filter(({ name }) => name === 'signal-graph'),
      ]).toHaveLength(1);
      expect(of(stack, 'serviceaccount/account:').map(({ name }) => name)).toContain('signal-graph');
    }
    const kept = (stack: Stacked) => of(stack, 'pubsub/subscription:').map(({ name }) => name);
    expect(kept(still)).toEqual(kept(single));
  });
});

describe('ways out', () => {
  it('lead through one address a region where the stack wants one', async () => {
    const relays = [{ venue: 'bybit' }, { venue: 'binance', region: 'us-central1' }];
    const stack = await stackOf({ staticEgress: true, relays });
    expect(of(stack, 'compute/address:').map(({ inputs }) => inputs.region)).toEqual([
      'asia-southeast1',
      'us-central1',
    ]);
    expect(wayOf(stack, 'relay-binance-a')).toEqual(['ALL_TRAFFIC', 'cst-outer']);
    expect(wayOf(stack, 'state-sink')).toEqual(['ALL_TRAFFIC', 'cst-inner']);
    const ranges = of(stack, 'compute/subnetwork:').map(({ inputs }) => inputs.ipCidrRange);
    expect(new Set(ranges).size).toBe(4);
    for (const { inputs } of of(stack, 'compute/routerNat:')) {
      expect(inputs).toMatchObject({
        natIpAllocateOption: 'MANUAL_ONLY',
        subnetworks: [{ name: 'cst-outer' }],
      });
    }
  });

  it('give a desk with an account the way that paper has not', async () => {
    const stack = await stackOf({ broker: { enabled: true } });
    expect(wayOf(stack, 'trade-desk')).toBe('straight');
  });

  it('give machines that fetch history one, and nobody else', async () => {
    const stack = await bootstrapped;
    expect(of(stack, 'compute/routerNat:')).toHaveLength(1);
    // It bills each byte: streams of an exchange do not need it.
    expect(wayOf(stack, 'relay-bybit-a')).toBe('straight');
  });

  it('all lead through our network behind a perimeter', async () => {
    const stack = await stackOf({ accessPolicy: '123' });
    const [perimeter] = of(stack, 'accesscontextmanager/') as [Made];
    const { parent, status } = perimeter.inputs;
    expect([parent, status.resources]).toEqual(['accessPolicies/123', [`projects/${PROJECT_NUMBER}`]]);
    expect(status.restrictedServices).toEqual(
      expect.arrayContaining(['pubsub.googleapis.com', 'bigquery.googleapis.com', 'storage.googleapis.com']),
    );
    expect(wayOf(stack, 'relay-bybit-a')).toEqual(['ALL_TRAFFIC', 'cst-outer']);
  });
});

describe('the budget', () => {
  it('is told at half, nine tenths, all, and where the month is bound to reach it', async () => {
    const budget = { amount: 1500.5, billingAccount: '012345-6789AB-CDEF01' };
    const stack = await stackOf({ budget, alertEmail: 'oncall@example.com' });
    const [{ inputs }] = of(stack, 'billing/budget:') as [Made];
    expect(inputs.thresholdRules).toEqual([
      { thresholdPercent: 0.5 },
      { thresholdPercent: 0.9 },
      { thresholdPercent: 1 },
      { thresholdPercent: 1, spendBasis: 'FORECASTED_SPEND' },
    ]);
    expect(inputs.amount.specifiedAmount).toEqual({ units: '1500', nanos: 500_000_000 });
    expect(inputs.budgetFilter.projects).toEqual([`projects/${PROJECT_NUMBER}`]);
  });

  it('is none where the stack has none', async () => {
    expect(of(await stackOfTier(STACKS[0]!), 'billing/')).toEqual([]);
  });
});
