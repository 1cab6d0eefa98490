import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, configOf } from '../pulumi/config.ts';
import type { Bill } from './bill.ts';
import { estimate } from './estimate.ts';
import { BILLED, billedBy } from './kinds.ts';
import { PRICES, type Price, priceIn, type Sku } from './prices.ts';
import type { Load } from './traffic.ts';
import { timesPerDay } from './uses/run.ts';
import { whatIfs } from './what-if.ts';

const YEAR = 365;
const LOAD: Load = { symbols: 10, tradesPerSecond: 2 };
const settings = (changes: Partial<Config> = {}): Config => ({
  ...configOf({ project: 'my-project', stage: 'dev', region: 'europe-west1', chats: ['1'] }),
  relays: [{ venue: 'bybit', region: 'europe-west1', symbols: [], universe: 10 }],
  ...changes,
});
const bill = (changes: Partial<Config> = {}, load = LOAD, ageDays = YEAR) =>
  estimate({ config: settings(changes), load, ageDays });
const costOf = ({ lines }: Bill, sku: Sku, resource: string) =>
  lines.find((line) => line.sku === sku && line.resource === resource)?.usdPerMonth ?? 0;

describe('a month of 730 hours, by hand', () => {
  it('bills a relay pair for every second of two instances', () => {
    // With 0.1 vCPU and 0.25 GiB for the collector of metrics beside each:
    // 2 × 1.1 vCPU × 2,628,000 s × $0.000018 and 2 × 1.25 GiB × 2,628,000 s × $0.000002
    expect(costOf(bill(), 'Cloud Run CPU, always on', 'relay-bybit')).toBeCloseTo(104.0688, 6);
    expect(costOf(bill(), 'Cloud Run memory, always on', 'relay-bybit')).toBeCloseTo(13.14, 6);
  });

  it('bills an idle Bigtable node whole', () => {
    // 730 h × $0.65
    expect(costOf(bill(), 'Bigtable node', 'state')).toBeCloseTo(474.5, 6);
    // 2 × 730 h × $0.65
    expect(costOf(bill({ stateNodes: { min: 2, max: 3 } }), 'Bigtable node', 'state')).toBeCloseTo(949, 6);
  });

  it('bills a published or pushed message as 1,000 bytes at least, a pulled one as it is', () => {
    // 10 symbols × 86,400 s × 30.4167 days = 26,280,000 messages; × 1,000 bytes ÷ 2^40 × $40
    const snapshots = 0.9560608;
    expect(costOf(bill(), 'Pub/Sub throughput', 'topic book-snapshots')).toBeCloseTo(snapshots, 6);
    expect(costOf(bill(), 'Pub/Sub throughput', 'subscription book-snapshots-bigtable')).toBeCloseTo(
      snapshots,
      6,
    );
    // × 747 bytes
    expect(costOf(bill(), 'Pub/Sub throughput', 'subscription book-snapshots')).toBeCloseTo(0.7141774, 6);
    // × 747 bytes ÷ 2^40 × $50
    expect(costOf(bill(), 'Pub/Sub to BigQuery', 'subscription book-snapshots-bigquery')).toBeCloseTo(
      0.8927218,
      6,
    );
  });

  it('bills a Dataflow worker that never stops, and no node beside it', () => {
    const dataflow = bill({ tier: 'dataflow' });
    // 2 vCPU × 730 h × $0.069; 8 GiB × 730 h × $0.003557
    expect(costOf(dataflow, 'Dataflow CPU', 'signal-graph')).toBeCloseTo(100.74, 6);
    expect(costOf(dataflow, 'Dataflow memory', 'signal-graph')).toBeCloseTo(20.77288, 6);
    expect(costOf(dataflow, 'Cloud Run CPU, always on', 'signal-graph')).toBe(0);
    // 2.1 vCPU × 2,628,000 s × $0.000018
    expect(costOf(bill(), 'Cloud Run CPU, always on', 'signal-graph')).toBeCloseTo(99.3384, 6);
  });

  it('bills history by its rows, the older part at the long-term price', () => {
    const kept = bill({ tickHistory: true, keepDays: { ticks: 100 } });
    // 10 × 2 × 86,400 rows × 148 bytes = 255,744,000 bytes a day = 0.2381801 GiB; × 90 days × $0.02
    expect(costOf(kept, 'BigQuery storage', 'table ticks')).toBeCloseTo(0.4287243, 6);
    // … × 10 days × $0.01
    expect(costOf(kept, 'BigQuery storage, long-term', 'table ticks')).toBeCloseTo(0.023818, 6);
    expect(costOf(bill(), 'BigQuery storage', 'table ticks')).toBe(0);
  });

  it('bills the daily checks for the whole of what they read', () => {
    const checked = (changes: Partial<Config>) => costOf(bill(changes), 'BigQuery queries', 'daily checks');
    // One check reads three days of ticks: 0.2381801 GiB × 3 days × 30.4167 times ÷ 1,024 × $7.50
    expect(checked({ tickHistory: true }) - checked({})).toBeCloseTo(0.1592, 4);
  });

  it('bills a function while it answers, in steps of 100 ms', () => {
    const macro = bill().lines.find(
      ({ sku, resource }) => sku === 'Cloud Run CPU, in requests' && resource === 'macro-engine',
    );
    // 96 a day × 30.4167 = 2,920 of 10 s: (1 - e^(-2,920 × 10 ÷ 2,628,000)) × 2,628,000 s × 1.1 vCPU
    expect(macro?.quantity).toBeCloseTo(31_942.21, 1);
    // × $0.000024
    expect(macro?.usdPerMonth).toBeCloseTo(0.7666, 4);
  });

  it('bills the instances that pushes ask for beyond the fewest', () => {
    const instances = (symbols: number) =>
      bill({}, { symbols, tradesPerSecond: 2 })
        .lines.filter(({ sku, resource }) => sku === 'Cloud Run CPU, always on' && resource === 'state-sink')
        .map(({ quantity }) => quantity / 2_628_000 / 1.1);
    expect(instances(100)).toEqual([expect.closeTo(1, 6)]);
    // 1,000 snapshots, 21.46 candles, 1.11 level sets and 0.32 events a second: 1,022.9 × 2 ms ÷ 0.6 of a core
    expect(instances(1_000).reduce((sum, each) => sum + each, 0)).toBeCloseTo(3.41, 2);
  });

  it('takes off what is free, once for all regions, at the cheapest price', () => {
    const { free } = bill();
    // 240,000 vCPU-s × $0.000018
    expect(free.find(({ sku }) => sku === 'Cloud Run CPU, always on')?.usdPerMonth).toBeCloseTo(4.32, 6);
    // 10 GiB ÷ 1,024 × $40
    expect(free.find(({ sku }) => sku === 'Pub/Sub throughput')?.usdPerMonth).toBeCloseTo(0.390625, 6);
  });

  it('bills what a relay sends to another region, and the region’s own prices', () => {
    const far = bill({ relays: [{ venue: 'bybit', region: 'asia-southeast1', symbols: [], universe: 10 }] });
    // 26,280,000 × 747 bytes + 2 ÷ 4.61 × 10 × 2,628,000 × 482 bytes = 25,126,810,000 bytes ÷ 2^30 × $0.08
    expect(costOf(far, 'Traffic between regions', 'relay-bybit → europe-west1')).toBeCloseTo(1.87209, 4);
    // 2 × 1.1 × 2,628,000 s × $0.0000216
    expect(costOf(far, 'Cloud Run CPU, always on', 'relay-bybit')).toBeCloseTo(124.88256, 6);
    expect(bill().lines.some(({ sku }) => sku === 'Traffic between regions')).toBe(false);
  });
});

describe('the bill', () => {
  it('adds up', () => {
    const { lines, free, usdPerMonth } = bill({ tickHistory: true, staticEgress: true });
    const sum = (all: readonly { usdPerMonth: number }[]) =>
      all.reduce((total, each) => total + each.usdPerMonth, 0);
    expect(usdPerMonth).toBeCloseTo(sum(lines) - sum(free), 9);
    expect(
      lines.every(({ usdPerMonth, quantity, usd }) => usdPerMonth === quantity * usd && quantity > 0),
    ).toBe(true);
  });

  it('grows with symbols in a straight line, to 500 of them', () => {
    const perSymbol = (symbols: number) => {
      const { lines } = bill({ tickHistory: true }, { symbols, tradesPerSecond: 2 });
      const ofData = lines.filter(({ resource }) =>
        /^(topic|subscription|table) (?!macro|trade-signals-macro|swing)/.test(resource),
      );
      return ofData.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0) / symbols;
    };
    expect(perSymbol(500)).toBeCloseTo(perSymbol(1), 3);
  });

  it('of a silent market is what is idle alone, but for the clock’s messages', () => {
    const silent = bill({}, { symbols: 0, tradesPerSecond: 0 });
    const idle = silent.lines
      .filter(({ grows }) => grows === 'idle')
      .reduce((sum, line) => sum + line.usdPerMonth, 0);
    expect(idle / silent.lines.reduce((sum, line) => sum + line.usdPerMonth, 0)).toBeGreaterThan(0.99);
  });

  it('has no graph where none runs', () => {
    for (const tier of ['single-node', 'dataflow'] as const)
      expect(
        bill({ tier, runGraph: false }).lines.filter(({ resource }) => resource === 'signal-graph'),
      ).toEqual([]);
  });

  it('makes more batches of more trades, ten a second at most, then longer ones', () => {
    const trades = (tradesPerSecond: number) =>
      bill({}, { symbols: 1, tradesPerSecond }).lines.find(
        ({ resource }) => resource === 'subscription raw-tick-data',
      )!.quantity;
    expect(trades(20) / trades(2)).toBeCloseTo(10, 6);
    expect(trades(2_000) / trades(200)).toBeCloseTo(10, 6);
  });

  it('says what would be if one thing were otherwise', () => {
    const options = { config: settings(), load: LOAD, ageDays: YEAR };
    const told = new Map(whatIfs(options).map(({ what, usdPerMonth }) => [what, usdPerMonth]));
    expect(told.get('20 symbols')).toBe(bill({}, { symbols: 20, tradesPerSecond: 2 }).usdPerMonth);
    expect(told.get('tier dataflow')).toBe(bill({ tier: 'dataflow' }).usdPerMonth);
    expect(told.get('after 730 days')).toBe(bill({}, LOAD, 730).usdPerMonth);
  });
});

describe('prices', () => {
  it('each have a page of Google’s and a date', () => {
    for (const [sku, { source, read, free }] of Object.entries<Price>(PRICES)) {
      expect([sku, source.startsWith('https://cloud.google.com/'), /^\d{4}-\d\d-\d\d$/.test(read)]).toEqual([
        sku,
        true,
        true,
      ]);
      expect(free).toBeGreaterThanOrEqual(0);
    }
  });

  it('of a region that is not in the table are those of us-central1, and say so', () => {
    expect(priceIn('BigQuery queries', 'asia-southeast1')).toEqual({
      usd: 8.4375,
      region: 'asia-southeast1',
    });
    expect(priceIn('BigQuery queries', 'me-west1')).toEqual({ usd: 6.25, region: 'us-central1' });
    expect(priceIn('Bigtable node', 'europe-west1')).toEqual({ usd: 0.65, region: 'us-central1' });
    expect(priceIn('Logging', 'europe-west1')).toEqual({ usd: 0.5, region: null });
  });
});

describe('every kind of resource that is made', () => {
  const folder = join(import.meta.dirname, '../pulumi');
  const sources = readdirSync(folder).filter((name) => /^[\w-]+\.ts$/.test(name));
  const made = sources.flatMap((name) => [
    ...readFileSync(join(folder, name), 'utf8').matchAll(/new gcp\.(\w+\.\w+)\(/g),
  ]);
  const kinds = [...new Set(made.map(([, kind]) => kind!))].sort();

  it('is billed by a price, or free for a reason', () => {
    expect(kinds.length).toBeGreaterThan(20);
    expect(kinds.filter((kind) => billedBy(kind) === undefined)).toEqual([]);
  });

  it.each(['single-node', 'dataflow'])(
    'is billed by a price, or free for a reason, as previewed in %s',
    (tier) => {
      const lines = readFileSync(join(folder, 'golden', `${tier}.txt`), 'utf8')
        .trim()
        .split('\n');
      const types = lines
        .map((line) => line.slice(0, line.indexOf(':')).split('/'))
        .filter((parts) => parts.length === 2);
      const previewed = types.map(
        ([family, kind]) => `${family}.${kind![0]!.toUpperCase()}${kind!.slice(1)}`,
      );
      expect(previewed.length).toBeGreaterThan(20);
      expect(previewed.filter((kind) => billedBy(kind) === undefined)).toEqual([]);
    },
  );

  it('has its prices used by some estimate', () => {
    const configs = [{ staticEgress: true }, { tier: 'dataflow' as const, tickHistory: true }];
    const far = {
      relays: [{ venue: 'bybit' as const, region: 'asia-southeast1', symbols: [], universe: 10 }],
    };
    const used = new Set([...configs, far].flatMap((changes) => bill(changes).lines.map(({ sku }) => sku)));
    expect(BILLED.filter((sku) => !used.has(sku) && !sku.endsWith('idle'))).toEqual([]);
  });
});

it.each([
  ['*/15 * * * *', 96],
  ['* * * * *', 1_440],
  ['5 0 * * *', 1],
  ['0,30 */6 * * *', 8],
])('a timer of %s posts %i times a day', (schedule, times) => {
  expect(timesPerDay(schedule)).toBe(times);
});
