import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CostFlags, costOf } from './run.ts';

const flags = (changes: Partial<CostFlags> = {}): CostFlags => ({ stack: 'dev', age: 365, ...changes });

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'cost-')), 'Pulumi.prod.yaml');
  writeFileSync(path, text);
  return path;
}

const OWN = `
config:
  gcp:project: my-project
  gcp:region: europe-west1
  other:thing: left alone
  cst:chats: ["1"]
  cst:relays: [{ venue: bybit, region: europe-west1, universe: 10 }]
`;

describe('cst cost', () => {
  it.each(['dev', 'prod'])('reads the settings that Pulumi reads of %s', (stack) => {
    const text = costOf(flags({ stack }));
    expect(text).toContain(`${stack}: `);
    expect(text).toMatch(/total, a month +[\d,]+\.\d\d\n/);
    expect(text).toContain('List prices in US dollars, read from 2026-');
  });

  it('takes a file’s settings, and flags before them', () => {
    const config = fileOf(OWN);
    expect(costOf(flags({ config }))).toContain(
      'prod: single-node in europe-west1, 10 symbols of 1.94 trades a second',
    );
    const changed = flags({
      config,
      tier: 'dataflow',
      region: 'us-central1',
      symbols: 100,
      ticks: 20,
      age: 30,
    });
    expect(costOf(changed)).toContain(
      'prod: dataflow in us-central1, 100 symbols of 20 trades a second, after 30 days',
    );
  });

  it('tells as JSON every resource, its price and why', () => {
    const [told] = JSON.parse(costOf(flags({ config: fileOf(OWN), json: true })));
    expect(told).toMatchObject({ stage: 'prod', tier: 'single-node', symbols: 10, currency: 'USD' });
    const node = told.lines.find(({ sku }: { sku: string }) => sku === 'Bigtable node');
    expect(node).toMatchObject({
      quantity: 730,
      unit: 'h',
      usd: 0.65,
      pricedIn: 'us-central1',
      usdPerMonth: 474.5,
    });
    expect(node.why).toContain('used or not');
  });

  it('lays both tiers side by side, resource by resource', () => {
    const text = costOf(flags({ config: fileOf(OWN), compare: true }));
    expect(text).toMatch(/\$ a month +single-node +dataflow\n/);
    expect(text).toMatch(/Cloud Run CPU · signal-graph +99\.34 +0\.00\n/);
    expect(text).toMatch(/Dataflow CPU · signal-graph\* +0\.00 +100\.74\n/);
  });

  it('compares tiers by prices of one region, where those of the stack are not all known', () => {
    const totals = (region: string, row: RegExp) => {
      const config = fileOf(OWN.replace(/gcp:region: .*/, `gcp:region: ${region}`));
      return costOf(flags({ config, compare: true }))
        .match(row)
        ?.slice(1);
    };
    const there = totals('us-central1', /^total +(\S+) +(\S+)$/m);
    expect(there).toHaveLength(2);
    expect(totals('asia-southeast1', /^total, were it in us-central1 +(\S+) +(\S+)$/m)).toEqual(there);
    expect(totals('us-central1', /^(total, were .*)$/m)).toBeUndefined();
  });

  it('says where one node is too small', () => {
    const config = fileOf(OWN);
    expect(costOf(flags({ config, symbols: 300 }))).not.toContain('one node takes');
    expect(costOf(flags({ config, symbols: 500 }))).toContain('one node takes some 550');
    expect(costOf(flags({ config, symbols: 500, tier: 'dataflow' }))).not.toContain('one node takes');
  });

  it('hides what costs less than a dollar, unless asked', () => {
    const config = fileOf(OWN);
    expect(costOf(flags({ config }))).not.toContain('Cloud Tasks');
    expect(costOf(flags({ config, all: true }))).toContain('Cloud Tasks');
  });

  it.each([
    ['a stack without a file', { stack: 'nowhere' }, 'Pulumi.nowhere.yaml'],
    ['a stack that is a path', { stack: '../x' }, '--stack'],
    ['a file that is no YAML', { config: fileOf('a: [') }, 'Cannot read'],
    ['a file of nothing', { config: fileOf('') }, 'yaml: ✖ Invalid input: expected object, received null'],
    ['a setting that is wrong', { config: fileOf(`${OWN}  cst:tier: cluster\n`) }, 'tier'],
    ['a setting that is unknown', { config: fileOf(`${OWN}  cst:teir: dataflow\n`) }, 'teir'],
  ])('refuses %s', (_, changes, named) => {
    expect(() => costOf(flags(changes))).toThrow(named);
  });
});
