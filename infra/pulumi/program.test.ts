import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Made, STACKS, type Stacked, stackOfTier } from './mocked.fixture.ts';

const TYPES = join(import.meta.dirname, 'node_modules/@pulumi/gcp');

/** One line a type: `pubsub/topic: a b c`. */
function listOf(stack: Stacked): string {
  const byType = Map.groupBy(stack, ({ type }) => type.replace(/^gcp:([^:]+):.*/, '$1'));
  const lines = [...byType].map(([type, all]) => `${type}: ${all.map(({ name }) => name).join(' ')}`);
  return `${lines.join('\n')}\n`;
}

/** What Google takes for this type, as the provider's own types say. */
function argumentsOf({ type }: Made): string[] {
  const [, path = '', name = ''] = /^gcp:([^:]+):(\w+)$/.exec(type) ?? [];
  const [folder = '', file = ''] = path.split('/');
  const found = readdirSync(join(TYPES, folder)).find(
    (each) => each.toLowerCase() === `${file}.d.ts`.toLowerCase(),
  );
  const text = readFileSync(join(TYPES, folder, found!), 'utf8');
  const body = text.slice(text.indexOf(`export interface ${name}Args {`));
  return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, field]) => field!);
}

describe.each(STACKS)('the stack of $tier in $stage', (of) => {
  it('has these resources', async () => {
    const stack = await stackOfTier(of);
    // Stages differ in settings alone.
    await expect(listOf(stack)).toMatchFileSnapshot(`golden/${of.tier}.txt`);
  });

  it('makes all but the APIs with the one provider that puts the labels on', async () => {
    const stack = await stackOfTier(of);
    const [provider, ...others] = stack.filter(({ type }) => type === 'pulumi:providers:gcp');
    expect(others).toEqual([]);
    expect(JSON.parse(provider!.inputs.defaultLabels)).toEqual({ app: 'cst', stage: of.stage });
    const elsewhere = stack.filter((made) => made !== provider && made.provider !== 'google');
    expect(new Set(elsewhere.map(({ type }) => type))).toEqual(new Set(['gcp:projects/service:Service']));
  });

  it('labels itself what has labels that the provider leaves alone', async () => {
    const stack = await stackOfTier(of);
    const wanting = stack.filter((made) => {
      const fields = made.type.startsWith('gcp:') ? argumentsOf(made) : [];
      return fields.includes('userLabels') && made.inputs.userLabels?.app !== 'cst';
    });
    expect(wanting.map(({ name }) => name)).toEqual([]);
  });

  it('has every API that its resources are made by', async () => {
    const stack = await stackOfTier(of);
    const on = stack.filter(({ type }) => type === 'gcp:projects/service:Service').map(({ name }) => name);
    const families = new Set(stack.map(({ type }) => /^gcp:(\w+)\//.exec(type)?.[1] ?? 'projects'));
    const missing = [...families].filter((family) => !on.includes(`${API[family] ?? family}.googleapis.com`));
    expect(missing).toEqual([]);
  });
});

/** Where the provider's name of a family is not the API's. */
const API: Readonly<Record<string, string>> = {
  accesscontextmanager: 'accesscontextmanager',
  billing: 'billingbudgets',
  cloudrunv2: 'run',
  projects: 'cloudresourcemanager',
  serviceaccount: 'iam',
};

/** What holds data: no move between tiers may take it away. */
const HOLDS_DATA =
  /^gcp:(bigquery\/(dataset:|table:)|bigtable\/(instance:|table:|gCPolicy)|secretmanager\/secret:|pubsub\/(topic:|subscription:))/;

describe('a move between tiers', () => {
  it.each(['dev', 'prod'] as const)('leaves all that holds data as it is, in %s', async (stage) => {
    const [node, job] = await Promise.all([
      stackOfTier({ tier: 'single-node', stage }),
      stackOfTier({ tier: 'dataflow', stage }),
    ]);
    const held = (stack: Stacked) => stack.filter(({ type }) => HOLDS_DATA.test(type));
    expect(held(node).length).toBeGreaterThan(80);
    expect(held(job)).toEqual(held(node));
  });

  it('moves the graph alone, and whoever watches it', async () => {
    const [node, job] = await Promise.all([
      stackOfTier({ tier: 'single-node', stage: 'prod' }),
      stackOfTier({ tier: 'dataflow', stage: 'prod' }),
    ]);
    const keys = (stack: Stacked) =>
      new Set(stack.map(({ type, name }) => `${type.split(':').at(-1)} ${name}`));
    expect([...keys(node)].filter((key) => !keys(job).has(key))).toEqual([
      'Service signal-graph',
      'AlertPolicy NodeSilent',
    ]);
  });
});
