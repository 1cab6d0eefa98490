/** What Pulumi gives each service is what that service's own reader takes: its settings, its flags. */
import { Command } from 'commander';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { addRelay } from '../../cli/commands/relay.ts';
import { addRun } from '../../cli/commands/run.ts';
import { settingsOf as layered } from '../../cli/config/resolve.ts';
import { Settings } from '../../cli/config/schema.ts';
import { layersOf } from '../../cli/config/sources.ts';
import type { FunctionEntry } from '../../functions/entry.ts';
import { settingsOf } from '../../functions/environment.ts';
import {
  PROJECT,
  PROJECT_NUMBER,
  STACKS,
  type Stacked,
  stackOf,
  stackOfTier,
} from '../../infra/pulumi/mocked.fixture.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';

type Entry = FunctionEntry<Parameters<typeof settingsOf>[0]>;

/** Entries as the functions hand them over; nothing is opened. */
const entries = new Map<string, Entry>();
vi.mock('../../functions/entry.ts', () => ({
  serveFunction: async (entry: Entry) => void entries.set(entry.name, entry),
}));

const FUNCTIONS = [
  ...['chart-renderer', 'macro-engine', 'state-sink', 'telegram-notifier', 'telegram-webhook'],
  'trade-desk',
];

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueSource?: object;
}

const containerOf = (stack: Stacked, name: string) =>
  stack.find((made) => made.type === 'gcp:cloudrunv2/service:Service' && made.name === name)!.inputs.template
    .containers[0];

/** As Cloud Run gives it, which adds some of its own. */
function environmentIn(stack: Stacked, name: string): Record<string, string> {
  const variables: Variable[] = containerOf(stack, name).envs;
  expect(new Set(variables.map((variable) => variable.name)).size).toBe(variables.length);
  const told = variables.map((variable) => [variable.name, variable.value ?? 'a-secret-of-16-letters']);
  return { ...Object.fromEntries(told), K_SERVICE: name, PORT: '8080' };
}

function settingsIn(stack: Stacked, name: string) {
  return settingsOf(entries.get(name)!.settings, environmentIn(stack, name));
}

/** Flags as the command took them. @throws Error where it does not know one. */
async function flagsOf(add: (program: Command) => void, words: readonly string[]) {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  add(program);
  const command = program.commands[0]!.exitOverride();
  let taken: Record<string, unknown> = {};
  command.action((flags) => {
    taken = flags;
  });
  await program.parseAsync(words, { from: 'user' });
  return taken;
}

beforeAll(async () => {
  for (const name of [...FUNCTIONS, 'tick-sink']) await import(`../../functions/${name}/index.ts`);
});

describe.each(STACKS)('settings in $tier, $stage', (which) => {
  let stack: Stacked;
  beforeAll(async () => {
    stack = await stackOfTier(which);
  });

  it.each(FUNCTIONS)('are taken by %s, which is started by its name', (name) => {
    expect(() => settingsIn(stack, name)).not.toThrow();
    expect(environmentIn(stack, name)).toMatchObject({
      FUNCTION_TARGET: name,
      FUNCTION_SOURCE: expect.stringContaining(`functions/${name}/index.ts`),
    });
  });

  it('name the address of a function as what its callers sign for', () => {
    const callers = [`call-push@${PROJECT}.iam.gserviceaccount.com`];
    const audience = `https://state-sink-${PROJECT_NUMBER}.asia-southeast1.run.app`;
    expect(settingsIn(stack, 'state-sink').callers).toEqual({ kind: 'oidc', audience, callers });
  });

  it('send tasks of charts to the renderer, signed as it expects', () => {
    const tasks = settingsIn(stack, 'telegram-notifier').tasks as { chartUrl: string; signer: string };
    expect(settingsIn(stack, 'chart-renderer').callers).toMatchObject({
      audience: tasks.chartUrl,
      callers: [tasks.signer],
    });
  });

  it('are flags that cst relay knows', async () => {
    const flags = await flagsOf(addRelay, ['relay', ...containerOf(stack, 'relay-bybit-a').args]);
    expect(flags).toMatchObject({ venue: 'bybit', bus: 'pubsub', copies: 2, healthPort: 8_080 });
  });
});

describe('settings of a stack', () => {
  const otlpEndpoint = 'http://collector.internal:4318';
  const graphParams = { market: { allowedDisorderMs: 1_500 } };
  let stack: Stacked;
  beforeAll(async () => {
    stack = await stackOf({
      tier: 'single-node',
      chats: ['-7', '8'],
      users: ['9'],
      instruments: ['bybit:SOLUSDT'],
      deskParams: { venue: 'binance' },
      notifierParams: { swing: 'off' },
      broker: { enabled: true },
      tickHistory: true,
      otlpEndpoint,
      graphParams,
    });
  });

  it('start the graph on one node by flags that cst run knows', async () => {
    const flags = await flagsOf(addRun, ['run', ...containerOf(stack, 'signal-graph').args]);
    expect(flags).toMatchObject({ bus: 'pubsub', healthPort: 8_080 });
  });

  it('warm the graph with the symbols that the relays follow', async () => {
    const relay = await flagsOf(addRelay, ['relay', ...containerOf(stack, 'relay-bybit-a').args]);
    const graph = await flagsOf(addRun, ['run', ...containerOf(stack, 'signal-graph').args]);
    expect([graph.universe, graph.symbols]).toEqual([relay.universe, relay.symbols]);
    expect(graph.universe).toBe(25);
  });

  it('give the graph its parameters', () => {
    const layers = layersOf([], environmentIn(stack, 'signal-graph'), Settings);
    const { market } = layered(layers).values.signals;
    expect(market).toEqual({ ...DEFAULT_PARAMS.market, ...graphParams.market });
  });

  it('tell every service where its spans are collected', () => {
    for (const name of ['relay-bybit-a', 'signal-graph', 'trade-desk']) {
      expect(environmentIn(stack, name)).toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT', otlpEndpoint);
    }
  });

  it('are taken by the sink of trades, where trades are kept', () => {
    expect(settingsIn(stack, 'tick-sink')).toMatchObject({
      bus: { kind: 'pubsub', project: PROJECT },
      callers: { callers: [`call-timer@${PROJECT}.iam.gserviceaccount.com`] },
    });
  });

  it('reach the functions they are for', () => {
    expect(settingsIn(stack, 'telegram-webhook')).toMatchObject({ chats: ['-7', '8'], users: ['9'] });
    expect(settingsIn(stack, 'telegram-notifier').settings).toMatchObject({ swing: 'off' });
    expect(settingsIn(stack, 'trade-desk')).toMatchObject({
      traded: [{ venue: 'bybit', symbol: 'SOLUSDT' }],
      broker: { enabled: true },
      config: { venue: 'binance' },
    });
    expect(environmentIn(stack, 'trade-desk')).toHaveProperty('CST_BYBIT_KEY');
  });
});
