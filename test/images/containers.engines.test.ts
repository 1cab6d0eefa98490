import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { pullAll } from '../../connectors/bus/fixture.ts';
import { openPubSubBus } from '../../connectors/bus/pubsub.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { startExchangeTwin } from '../../connectors/exchanges/simulated/twin-server.ts';
import { AUDIENCE, CALLER } from '../../functions/oidc.fixture.ts';
import { configOf } from '../../infra/pulumi/config.ts';
import { servicesOf } from '../../infra/pulumi/services.ts';
import { containerRunner } from '../../pipelines/worker/boot/runner.fixture.ts';
import { createStateTable, startBigtable } from '../bigtable/bigtable.ts';
import { type GoServer, needGo, wantsGo } from '../go-server.ts';
import { startPstest } from '../pstest/pstest.ts';
import { Container, needNamespaces, type Start } from './container.ts';
import { installations, installedFrom } from './installation.ts';
import { type Install, ROOT } from './recipe.ts';

const AT = { project: 'test-project', instance: 'cst-state', table: 'state' } as const;
const CALLS = ['', '--omit=optional'];
/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';
const SECRETS = {
  'telegram-token': '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11',
  'telegram-webhook-secret': 'a-secret-of-32-letters-and-digits',
  'bybit-key': 'key',
  'bybit-secret': 'secret',
  'deadman-url': NOWHERE,
} as const;
/** Tells as whom it runs, and what comes of writing. */
const WRITE = `
  const { writeFileSync } = require('node:fs');
  const told = { uid: process.getuid(), pid: process.pid };
  for (const path of ['/app/x', '/app/node_modules/x', '/etc/x', '/x', '/data/x', '/tmp/x']) {
    try { writeFileSync(path, ''); told[path] = 'written'; } catch ({ code }) { told[path] = code; }
  }
  console.log(JSON.stringify(told));
`;
const REFUSED = expect.stringMatching(/^(EROFS|EACCES)$/);
const HEAP_MB = 'require("node:v8").getHeapStatistics().heap_size_limit / 2 ** 20';

const relays = [{ venue: 'bybit', symbols: ['BTCUSDT'] }];
const services = servicesOf(configOf({ project: AT.project, stage: 'dev', chats: ['1'], relays }));
const functions = services.filter(({ image }) => image === 'functions');

let folders: ReadonlyMap<string, string>;
let install: Install;
let servers: GoServer[] = [];
let cloud: Record<string, string>;

beforeAll(async () => {
  folders = await installations(CALLS);
  install = installedFrom(folders);
  if (!wantsGo()) return;
  const [pubsub, bigtable] = await Promise.all([startPstest(), startBigtable()]);
  servers = [pubsub, bigtable];
  await createStateTable(bigtable, AT);
  cloud = {
    GOOGLE_CLOUD_PROJECT: AT.project,
    CST_BIGTABLE_INSTANCE: AT.instance,
    CST_BIGTABLE_TABLE: AT.table,
    PUBSUB_EMULATOR_HOST: pubsub.address,
    BIGTABLE_EMULATOR_HOST: bigtable.address,
    CST_AUDIENCE: AUDIENCE,
    CST_CALLERS: CALLER,
    CST_TASKS_LOCATION: 'europe-west1',
    CST_CHART_URL: NOWHERE,
    CST_TASKS_ENDPOINT: NOWHERE,
  };
}, 600_000);

afterAll(() => Promise.all(servers.map((server) => server.stop())));

async function start(test: TestContext, options: Omit<Start, 'install'>): Promise<Container> {
  const container = await Container.start({ install, ...options });
  test.onTestFinished(() => container.kill());
  return container;
}

/** Ends well and in time when asked to, within its memory. */
async function expectGoodEnd(container: Container, memoryMb: number): Promise<void> {
  expect(container.peakMb).toBeLessThan(memoryMb);
  expect(await container.stop(), container.output).toBe(0);
}

/** MiB of what services.ts says, e.g. `512Mi`. */
const mebibytes = (size: string) => Number.parseInt(size, 10) * (size.endsWith('Gi') ? 1024 : 1);

describe('the bill of materials', () => {
  interface Locked {
    readonly name?: string;
    readonly version?: string;
    readonly dev?: boolean;
    readonly optional?: boolean;
  }
  const locked: [string, Locked][] = Object.entries(
    JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages,
  );
  const namesOf = (chosen: [string, Locked][]) =>
    new Set(
      chosen.map(([path, { name = path.split('node_modules/').at(-1), version }]) => `${name}@${version}`),
    );
  const production = locked.filter(([path, { dev }]) => path !== '' && !dev);
  const needed = namesOf(production.filter(([, { optional }]) => !optional));

  const beyond = (some: Set<string>, others: Set<string>) => [...some].filter((each) => !others.has(each));

  function bill(flags: string): Set<string> {
    const { bomFormat, components } = JSON.parse(
      readFileSync(join(folders.get(flags)!, 'sbom.cdx.json'), 'utf8'),
    );
    expect(bomFormat).toBe('CycloneDX');
    return new Set(
      components.map((each: { name: string; version: string }) => `${each.name}@${each.version}`),
    );
  }

  it('names the lock’s packages of production, no more', () => {
    expect(bill('--omit=optional')).toEqual(needed);
  });

  it('names this platform’s optional packages where they are installed', () => {
    const all = bill('');
    expect(beyond(needed, all)).toEqual([]);
    expect(beyond(all, namesOf(production))).toEqual([]);
    expect(beyond(all, needed).length).toBeGreaterThan(0);
  });
});

describe('as a container would', () => {
  beforeEach(needNamespaces);

  it.for(['relay', 'functions', 'node', 'worker'])(
    '%s may write to its data alone, as nobody special',
    async (target, test) => {
      const container = await start(test, {
        target,
        memoryMb: 256,
        entrypoint: ['node', '-e', WRITE],
        args: [],
      });
      expect(await container.ended(), container.output).toBe(0);
      expect(JSON.parse(container.output)).toEqual({
        uid: 1_000,
        pid: 1,
        '/data/x': 'written',
        '/tmp/x': 'written',
        '/app/x': 'EROFS',
        '/app/node_modules/x': 'EROFS',
        '/x': 'EROFS',
        '/etc/x': REFUSED,
      });
    },
  );

  it.for([256, 1_024])('of %d MiB its heap is a part', async (memoryMb, test) => {
    const container = await start(test, {
      target: 'node',
      memoryMb,
      entrypoint: ['node', '-p', HEAP_MB],
      args: [],
    });
    if (!container.isLimited) return test.skip('needs a control group of memory, which only root may make');
    expect(await container.ended(), container.output).toBe(0);
    const part = Number(container.output) / memoryMb;
    // Old space, and the young generation beside it.
    expect([part > 0.55, part < 0.85]).toEqual([true, true]);
  });

  it('relay: trades of an exchange are on Pub/Sub, and it ends when asked to', async (test) => {
    needGo(test);
    const bus = openPubSubBus({
      project: AT.project,
      endpoint: cloud.PUBSUB_EMULATOR_HOST!,
      clock: systemClock,
      create: 'missing',
    });
    const subscription = await bus.subscribe('raw-tick-data', 'test');
    const twin = await startExchangeTwin({
      seed: 1,
      clock: systemClock,
      port: 0,
      host: '127.0.0.1',
      faults: [],
    });
    test.onTestFinished(async () => {
      await Promise.all([subscription.close(), twin.close()]);
      await bus.close();
    });
    const { wsUrl, restUrl } = twin.address('bybit');
    const args = ['--venue', 'bybit', '--symbols', 'BTCUSDT', '--bus', 'pubsub', '--spill', '/data/spill'];
    const twinned = ['--ws-url', wsUrl, '--rest-url', restUrl, '--health-port', '8080'];
    const relay = await start(test, {
      target: 'relay',
      env: cloud,
      args: [...args, ...twinned],
      memoryMb: 1_024,
    });
    expect(await relay.isHealthy(), relay.output).toBe(true);
    const [delivery] = await pullAll(subscription, 1);
    delivery!.ack();
    expect((await fetch(`${relay.url}/metrics`)).status).toBe(200);
    await expectGoodEnd(relay, 1_024);
    expect(relay.output).toMatch(/Stopped: what was received is published/);
  });

  it('node: it lives while history is away, and ends when asked to', async (test) => {
    needGo(test);
    const graph = services.find(({ image }) => image === 'node')!;
    const memoryMb = mebibytes(graph.memory);
    const args = [...graph.args, '--create', '--rest-url', NOWHERE];
    const node = await start(test, { target: 'node', env: { ...cloud, ...graph.env }, args, memoryMb });
    expect(await node.isHealthy(), node.output).toBe(true);
    await expectGoodEnd(node, memoryMb);
  });

  it.for(functions)('$name: it serves nobody unknown, and ends when asked to', async (service, test) => {
    needGo(test);
    const memoryMb = mebibytes(service.memory);
    const secrets = Object.fromEntries(
      Object.entries(service.secrets).map(([name, secret]) => [name, SECRETS[secret]]),
    );
    const env = { ...cloud, ...service.env, ...secrets };
    const container = await start(test, { target: 'functions', env, memoryMb });
    expect(await container.isHealthy(), container.output).toBe(true);
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(container.url, { method: 'POST', body: '{}', headers });
    expect([401, 403]).toContain(answer.status);
    await expectGoodEnd(container, memoryMb);
  });

  it('worker: it connects to its runner, and ends when asked to', async (test) => {
    const runner = await containerRunner((url) => ({ controlEndpoint: { url }, loggingEndpoint: { url } }));
    test.onTestFinished(() => runner.close());
    const args = ['--id=a', `--provision_endpoint=${runner.url}`];
    const worker = await start(test, { target: 'worker', args, memoryMb: 1_024 });
    expect((await runner.controls.next()).worker).toBe('a');
    expect(worker.output).toMatch(/heap up to \d+ MiB/);
    await expectGoodEnd(worker, 1_024);
  });
});
