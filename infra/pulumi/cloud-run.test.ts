import { beforeAll, describe, expect, it } from 'vitest';
import { type Made, PROJECT, STACKS, type Stacked, stackOf, stackOfTier } from './mocked.fixture.ts';

const SERVICE = 'gcp:cloudrunv2/service:Service';
const INVOKER = 'gcp:cloudrunv2/serviceIamMember:ServiceIamMember';
const FUNCTIONS = [
  ...['chart-renderer', 'macro-engine', 'state-sink', 'telegram-notifier', 'telegram-webhook'],
  'trade-desk',
];
const RELAYS = ['relay-bybit-a', 'relay-bybit-b'];
/** What works between requests, or all the time. */
const PERMANENT = [...RELAYS, 'signal-graph', 'state-sink', 'telegram-notifier', 'trade-desk'];
const ACCOUNT = (name: string) => `${name}@${PROJECT}.iam.gserviceaccount.com`;

const servicesIn = (stack: Stacked): Made[] => stack.filter(({ type }) => type === SERVICE);
const serviceIn = (stack: Stacked, name: string) =>
  servicesIn(stack).find((made) => made.name === name)!.inputs;

describe.each(STACKS)('Cloud Run in $tier, $stage', (which) => {
  const graph = which.tier === 'single-node' ? ['signal-graph'] : [];
  let stack: Stacked;
  beforeAll(async () => {
    stack = await stackOfTier(which);
  });

  it('runs each service of the tier once, a relay twice', () => {
    const names = servicesIn(stack).map(({ name }) => name);
    expect(names).toEqual([...FUNCTIONS, ...RELAYS, ...graph].sort());
  });

  it('lets nobody in from outside but Telegram, whose secret the webhook is given', () => {
    const open = servicesIn(stack).filter(({ inputs }) => inputs.ingress !== 'INGRESS_TRAFFIC_INTERNAL_ONLY');
    expect(open.map(({ name, inputs }) => [name, inputs.ingress])).toEqual([
      ['telegram-webhook', 'INGRESS_TRAFFIC_ALL'],
    ]);
    const secret = { secretKeyRef: { secret: 'telegram-webhook-secret', version: 'latest' } };
    expect(open[0]!.inputs.template.containers[0].envs).toContainEqual({
      name: 'CST_TELEGRAM_WEBHOOK_SECRET',
      valueSource: secret,
    });
  });

  it('is called by those who must', () => {
    const callers = stack
      .filter(({ type }) => type === INVOKER)
      .map(({ inputs }) => [inputs.name, inputs.role, inputs.member]);
    const by = (name: string) => ['roles/run.invoker', `serviceAccount:${ACCOUNT(`call-${name}`)}`];
    expect(callers).toEqual([
      ['chart-renderer', ...by('tasks')],
      ['macro-engine', ...by('timer')],
      ['state-sink', ...by('push')],
      ['telegram-notifier', ...by('push')],
      ['telegram-webhook', 'roles/run.invoker', 'allUsers'],
      ['trade-desk', ...by('push')],
      ['trade-desk', ...by('timer')],
    ]);
  });

  it('never takes CPU from what works between requests, and has one of what must be one', () => {
    const kept = servicesIn(stack).filter(({ inputs }) => !inputs.template.containers[0].resources.cpuIdle);
    expect(kept.map(({ name }) => name)).toEqual(
      PERMANENT.filter((name) => name !== 'signal-graph' || graph.length > 0).sort(),
    );
    for (const name of [...RELAYS, ...graph, 'telegram-notifier']) {
      const { minInstanceCount, maxInstanceCount } = serviceIn(stack, name).template.scaling;
      expect([name, minInstanceCount, maxInstanceCount]).toEqual([name, 1, 1]);
    }
  });

  it('has a pair of relays on one lease, the second made after the first', () => {
    const leases = RELAYS.map((name) => {
      const { args } = serviceIn(stack, name).template.containers[0];
      return args[args.indexOf('--lease') + 1];
    });
    expect(leases).toEqual([`gs://${PROJECT}-cst/relay/bybit`, `gs://${PROJECT}-cst/relay/bybit`]);
    expect(servicesIn(stack).find(({ name }) => name === 'relay-bybit-b')!.after).toContain('relay-bybit-a');
  });

  it('bounds CPU and memory of every container', () => {
    const containers = servicesIn(stack).flatMap(({ inputs }) => inputs.template.containers);
    expect(containers.length).toBe(2 * servicesIn(stack).length);
    for (const { resources } of containers) {
      expect(resources.limits.cpu).toMatch(/^(\d+|\d+m)$/);
      expect(resources.limits.memory).toMatch(/^\d+[MG]i$/);
    }
  });

  it('sends all traffic to what was deployed last', () => {
    for (const { inputs } of servicesIn(stack)) {
      expect(inputs.traffics).toEqual([{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }]);
    }
  });

  it('probes each, and scrapes its metrics', () => {
    for (const { inputs } of servicesIn(stack)) {
      const [own, collector, ...others] = inputs.template.containers;
      expect(own.startupProbe.httpGet).toEqual({ path: '/live', port: 8080 });
      expect(own.livenessProbe.httpGet).toEqual({ path: '/live', port: 8080 });
      expect(own.ports).toEqual({ containerPort: 8080 });
      expect(collector.image).toMatch(/\/cloud-run-gmp-sidecar:\d+\.\d+\.\d+$/);
      expect(collector.dependsOns).toEqual([own.name]);
      expect(collector.resources.cpuIdle).toBe(own.resources.cpuIdle);
      expect(others).toEqual([]);
    }
  });

  it('runs images of the registry, each service as an account of its own', () => {
    for (const { name, inputs } of servicesIn(stack)) {
      expect(inputs.template.containers[0].image).toMatch(
        new RegExp(`^asia-southeast1-docker\\.pkg\\.dev/${PROJECT}/cst/(relay|node|functions):1\\.0$`),
      );
      // The two of a pair are one service.
      expect(inputs.template.serviceAccount).toBe(ACCOUNT(name.replace(/^(relay-.*)-[ab]$/, '$1')));
    }
  });
});

describe('images', () => {
  it('are those whose digests the stack says, not what a tag means today', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const stack = await stackOf({ imageDigests: { relay: digest } });
    const imageOf = (name: string) => serviceIn(stack, name).template.containers[0].image;
    const registry = `asia-southeast1-docker.pkg.dev/${PROJECT}/cst`;
    expect(imageOf('relay-bybit-a')).toBe(`${registry}/relay@${digest}`);
    expect(imageOf('trade-desk')).toBe(`${registry}/functions:1.0`);
  });

  it('run nothing, and nothing is called, before there are any', async () => {
    const stack = await stackOf({ imageTag: null });
    expect(stack.filter(({ type }) => /cloudrunv2|cloudscheduler|flexTemplate/.test(type))).toEqual([]);
  });
});

describe('relays', () => {
  it('are a pair for each exchange, near it', async () => {
    const relays = [
      { venue: 'bybit' },
      { venue: 'kraken', region: 'us-central1', symbols: ['BTC/USDT', 'ETH/USDT'] },
    ];
    const stack = await stackOf({ relays });
    const made = servicesIn(stack).filter(({ name }) => name.startsWith('relay-'));
    expect(made.map(({ name, inputs }) => [name, inputs.location])).toEqual([
      ['relay-bybit-a', 'asia-southeast1'],
      ['relay-bybit-b', 'asia-southeast1'],
      ['relay-kraken-a', 'us-central1'],
      ['relay-kraken-b', 'us-central1'],
    ]);
    const { args } = serviceIn(stack, 'relay-kraken-a').template.containers[0];
    expect(args.slice(0, 4)).toEqual(['--venue', 'kraken', '--symbols', 'BTC/USDT,ETH/USDT']);
  });
});
