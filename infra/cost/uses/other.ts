/** The rest: Dataflow in its tier, timers and queues, network, logs and metrics. */
import { METRICS } from '../../../schemas/metrics.ts';
import type { Config } from '../../pulumi/config.ts';
import { GRAPH } from '../../pulumi/names.ts';
import type { Service } from '../../pulumi/service.ts';
import { DAYS, GIB, HOURS, SECONDS, type Use } from '../bill.ts';
import { ASSUMED } from '../rates.ts';
import type { Load, Traffic } from '../traffic.ts';

/** One worker, which never stops; more where it has too much to do, which nobody knows before it runs. */
export function dataflowUses({ tier, runGraph, region, dataflow }: Config, traffic: Traffic): Use[] {
  if (tier !== 'dataflow' || !runGraph) return [];
  const { vcpu, memoryGiB, diskGiB, shuffles } = ASSUMED.worker;
  const about = { resource: GRAPH, region, grows: 'idle' } as const;
  const why = `one ${dataflow.machine}, of at most ${dataflow.maxWorkers}: it never stops`;
  const read = ['raw-tick-data', 'book-snapshots'] as const;
  const bytes = read.reduce((sum, topic) => sum + traffic[topic].messages * traffic[topic].messageBytes, 0);
  return [
    { ...about, sku: 'Dataflow CPU', quantity: vcpu * HOURS, why },
    { ...about, sku: 'Dataflow memory', quantity: memoryGiB * HOURS, why },
    { ...about, sku: 'Dataflow disk', quantity: diskGiB * HOURS, why },
    {
      ...about,
      sku: 'Dataflow Streaming Engine',
      grows: 'symbols',
      quantity: (shuffles * bytes) / GIB,
      why: `assumed: what is read, shuffled ${shuffles} times`,
    },
  ];
}

export function timerUses({ region }: Config, services: readonly Service[], traffic: Traffic): Use[] {
  const queues = services.some(({ works }) => works.length > 0);
  return [
    {
      sku: 'Cloud Scheduler',
      resource: 'timers',
      region,
      grows: 'idle',
      quantity: services.reduce((sum, { timers }) => sum + timers.length, 0),
      why: 'a job of each timer',
    },
    {
      sku: 'Cloud Tasks',
      resource: 'queue of charts',
      region,
      grows: 'symbols',
      // Made, posted and deleted.
      quantity: queues ? (3 * traffic['trade-signals-micro'].messages) / 1e6 : 0,
      why: 'a task of each signal',
    },
  ];
}

export function networkUses(
  { region, staticEgress, accessPolicy }: Config,
  services: readonly Service[],
): Use[] {
  const egress: Use = {
    sku: 'Internet egress',
    resource: 'requests to exchanges and Telegram',
    region,
    grows: 'idle',
    quantity: ASSUMED.egressGiB,
    why: 'assumed; what exchanges send is free',
  };
  if (!staticEgress && accessPolicy === null) return [egress];
  const regions = [...new Set(services.map((service) => service.region))];
  return [
    egress,
    ...regions.flatMap((each): Use[] => [
      { ...nat(each), sku: 'Cloud NAT', quantity: HOURS, why: 'a gateway, of one machine at least' },
      {
        ...nat(each),
        sku: 'External address',
        quantity: HOURS,
        why: 'keys of an exchange can be bound to it',
      },
      {
        ...nat(each),
        sku: 'Cloud NAT data',
        quantity: inGiB(services, each),
        why: 'what exchanges send passes it, too',
      },
    ]),
  ];
}

const nat = (region: string) => ({ resource: `way out of ${region}`, region, grows: 'idle' }) as const;

/** Frames of an exchange, as captured: some 20 KB/s of a relay with its books, twice for the pair. */
function inGiB(services: readonly Service[], region: string): number {
  const relays = services.filter((service) => service.isPair && service.region === region).length;
  return (relays * 2 * 20_000 * SECONDS) / GIB;
}

export function eyesUses({ region }: Config, services: readonly Service[], { symbols }: Load): Use[] {
  const series = seriesOf(symbols);
  return [
    {
      sku: 'Logging',
      resource: 'logs',
      region,
      grows: 'idle',
      quantity: ASSUMED.logGiB * services.length,
      why: 'assumed: services say little where nothing is wrong',
    },
    {
      sku: 'Managed Prometheus',
      resource: 'metrics',
      region,
      grows: 'symbols',
      quantity: ((series / ASSUMED.scrapeSeconds) * 86_400 * DAYS) / 1e6,
      why: `${series.toLocaleString('en-US')} series, each ${ASSUMED.scrapeSeconds} s`,
    },
  ];
}

/** Of a symbol each that tells of one; of the others one to a stage, function or topic, some four on the average. */
function seriesOf(symbols: number): number {
  return Object.values(METRICS)
    .map((metric: { readonly labels: readonly string[]; readonly buckets?: readonly number[] }) => {
      const values = metric.buckets === undefined ? 1 : metric.buckets.length + 3;
      const isOfSymbol = metric.labels.includes('symbol');
      return values * (isOfSymbol ? symbols : metric.labels.length > 0 ? 4 : 1);
    })
    .reduce((sum, count) => sum + count, 0);
}
