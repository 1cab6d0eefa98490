/**
 * Google Cloud's list prices in US dollars, before taxes, discounts and commitments. Each says where it is published and when
 * it was read; whoever changes one changes its date.
 */

/** Regions with prices of their own; anywhere else the first one's are taken, and the estimate says so. */
export const PRICED_REGIONS = ['us-central1', 'europe-west1', 'asia-southeast1'] as const;
export type PricedRegion = (typeof PRICED_REGIONS)[number];

export interface Price {
  /** Of one unit: everywhere, or by region; where a region is not named, us-central1's was read alone. */
  readonly usd: number | ({ readonly 'us-central1': number } & Partial<Record<PricedRegion, number>>);
  readonly unit: string;
  /** Units of a month that nobody is billed, in all regions together. */
  readonly free: number;
  readonly source: string;
  /** When the price was read. */
  readonly read: string;
}

const of =
  (source: string, read: string) =>
  (unit: string, usd: Price['usd'], free = 0) => ({
    unit,
    usd,
    free,
    source,
    read,
  });

const pubSub = of('https://cloud.google.com/pubsub/pricing', '2026-09-20');
const run = of('https://cloud.google.com/run/pricing', '2026-09-08');
const bigQuery = of('https://cloud.google.com/bigquery/pricing', '2026-09-08');
const bigtable = of('https://cloud.google.com/bigtable/pricing', '2026-09-08');
const dataflow = of('https://cloud.google.com/dataflow/pricing', '2026-09-08');
const network = of('https://cloud.google.com/vpc/network-pricing', '2026-09-08');
const observability = of('https://cloud.google.com/products/observability/pricing', '2026-09-12');

/** Cloud Run's regions have one of two price lists: Singapore is in the second. */
const tiers = (first: number, second: number) =>
  ({ 'us-central1': first, 'europe-west1': first, 'asia-southeast1': second }) as const;

export const PRICES = {
  /** What is published, and what is delivered by pull or push. 10 GiB are free. */
  'Pub/Sub throughput': pubSub('TiB', 40, 10 / 1024),
  'Pub/Sub to BigQuery': pubSub('TiB', 50),
  /** Of services that have their CPU always. */
  'Cloud Run CPU, always on': run('vCPU-s', tiers(0.000018, 0.0000216), 240_000),
  'Cloud Run memory, always on': run('GiB-s', tiers(0.000002, 0.0000024), 450_000),
  /** Of services that have it while they answer. */
  'Cloud Run CPU, in requests': run('vCPU-s', tiers(0.000024, 0.0000336), 180_000),
  'Cloud Run memory, in requests': run('GiB-s', tiers(0.0000025, 0.0000035), 360_000),
  /** Of the same, kept warm between requests. */
  'Cloud Run CPU, idle': run('vCPU-s', tiers(0.0000025, 0.0000035)),
  'Cloud Run memory, idle': run('GiB-s', tiers(0.0000025, 0.0000035)),
  'Cloud Run requests': run('million', 0.4, 2),
  'BigQuery storage': bigQuery(
    'GiB-month',
    { 'us-central1': 0.023, 'europe-west1': 0.02, 'asia-southeast1': 0.02 },
    10,
  ),
  /** Of partitions that nobody has changed for 90 days. */
  'BigQuery storage, long-term': bigQuery('GiB-month', {
    'us-central1': 0.016,
    'europe-west1': 0.01,
    'asia-southeast1': 0.01,
  }),
  'BigQuery queries': bigQuery(
    'TiB',
    { 'us-central1': 6.25, 'europe-west1': 7.5, 'asia-southeast1': 8.4375 },
    1,
  ),
  'Bigtable node': bigtable('h', { 'us-central1': 0.65 }),
  'Bigtable storage, SSD': bigtable('GiB-month', { 'us-central1': 0.17 }),
  'Dataflow CPU': dataflow('vCPU-h', { 'us-central1': 0.069 }),
  'Dataflow memory': dataflow('GiB-h', { 'us-central1': 0.003557 }),
  'Dataflow disk': dataflow('GiB-h', { 'us-central1': 0.000054 }),
  'Dataflow Streaming Engine': dataflow('GiB', { 'us-central1': 0.018 }),
  /** Class A: what writes or lists. */
  'Cloud Storage writes': of('https://cloud.google.com/storage/pricing', '2026-09-02')('1,000', 0.005),
  'Cloud Tasks': of('https://cloud.google.com/tasks/pricing', '2026-09-08')('million', 0.4, 1),
  'Cloud Scheduler': of('https://cloud.google.com/scheduler/pricing', '2026-09-08')('job', 0.1, 3),
  'Secret Manager': of('https://cloud.google.com/secret-manager/pricing', '2026-09-08')('version', 0.06, 6),
  'Artifact Registry': of('https://cloud.google.com/artifact-registry/pricing', '2026-09-08')(
    'GiB-month',
    0.1,
    0.5,
  ),
  Logging: observability('GiB', 0.5, 50),
  'Managed Prometheus': observability('million samples', 0.06),
  'Cloud NAT': network('VM-h', 0.0014),
  'Cloud NAT data': network('GiB', 0.045),
  'External address': network('h', 0.005),
  'Internet egress': network('GiB', 0.12),
  /** Between continents: not read on the page itself, but what others who run on Google Cloud bill it on at. */
  'Traffic between regions': network('GiB', 0.08),
} as const satisfies Record<string, Price>;

export type Sku = keyof typeof PRICES;

/** Dollars of one unit, and the region whose price it is; null where it is the same everywhere. */
export function priceIn(
  sku: Sku,
  region: string,
): { readonly usd: number; readonly region: PricedRegion | null } {
  const { usd }: Price = PRICES[sku];
  if (typeof usd === 'number') return { usd, region: null };
  const own = PRICED_REGIONS.find((each) => each === region);
  const known = own !== undefined && usd[own] !== undefined ? own : PRICED_REGIONS[0];
  return { usd: usd[known]!, region: known };
}

/** The oldest date and the newest. */
export function pricesRead(): readonly [first: string, last: string] {
  const dates = Object.values(PRICES).map(({ read }) => read);
  return [dates.toSorted()[0]!, dates.toSorted().at(-1)!];
}
