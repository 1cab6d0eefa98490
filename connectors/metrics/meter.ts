/** A process's numbers as Prometheus reads them: counted as things happen, or read from their owners when asked for. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  type CounterName,
  type HistogramName,
  type MetricName,
  metricOf,
  type Stage,
} from '../../schemas/metrics.ts';

/** What the text is, for HTTP. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

/** A number as of this moment; none where its value is not known. */
export interface Sample {
  readonly name: Exclude<MetricName, HistogramName>;
  readonly labels: Labels;
  readonly value: number | boolean | null | undefined;
}

/** Read at each scrape, and at no other time. */
export type ReadSamples = () => Iterable<Sample> | Promise<Iterable<Sample>>;

export function sample(name: Sample['name'], value: Sample['value'], labels: Labels = {}): Sample {
  return { name, labels, value };
}

export class Meter {
  readonly #counted = new Registry();
  readonly #counters = new Map<CounterName, Counter>();
  readonly #histograms = new Map<HistogramName, Histogram>();
  readonly #reads: ReadSamples[];

  /** @param stages What the process holds: its heartbeat names them. */
  constructor(stages: readonly Stage[]) {
    this.#reads = [
      () => stages.map((stage) => sample('cst_stage_up', true, { stage })),
      () => [sample('cst_process_resident_bytes', process.memoryUsage.rss())],
    ];
  }

  count(name: CounterName, labels: Labels = {}, by = 1): void {
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = new Counter(optionsOf(name, this.#counted));
      this.#counters.set(name, counter);
    }
    counter.inc(labels, by);
  }

  /** @param value In the unit of the metric. */
  observe(name: HistogramName, value: number, labels: Labels = {}): void {
    let histogram = this.#histograms.get(name);
    if (histogram === undefined) {
      const { buckets = [] } = metricOf(name);
      histogram = new Histogram({ ...optionsOf(name, this.#counted), buckets: [...buckets] });
      this.#histograms.set(name, histogram);
    }
    histogram.observe(labels, value);
  }

  /** As a Telemetry: how long each stage of a signal’s way took. */
  record({ stage, startMs, endMs }: { stage: string; startMs: number; endMs: number }): void {
    this.observe('cst_stage_seconds', (endMs - startMs) / 1_000, { stage });
  }

  read(samples: ReadSamples): void {
    this.#reads.push(samples);
  }

  /** All of it in the text format of Prometheus. What cannot be read now is absent, and the rest is told. */
  async text(): Promise<string> {
    const read = await Promise.allSettled(this.#reads.map(async (samples) => [...(await samples())]));
    const samples = read.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    const registries = [this.#counted, registryOf(samples)];
    const texts = await Promise.all(registries.map((registry) => registry.metrics()));
    return `${texts
      .map((text) => text.trimEnd())
      .filter(Boolean)
      .join('\n\n')}\n`;
  }
}

function registryOf(samples: Iterable<Sample>): Registry {
  const registry = new Registry();
  const metrics = new Map<MetricName, Gauge | Counter>();
  for (const { name, labels, value } of samples) {
    if (value === null || value === undefined) continue;
    let metric = metrics.get(name);
    if (metric === undefined) {
      metric = new (metricOf(name).kind === 'gauge' ? Gauge : Counter)(optionsOf(name, registry));
      metrics.set(name, metric);
    }
    metric.inc(labels, Number(value));
  }
  return registry;
}

function optionsOf(name: MetricName, registry: Registry) {
  const { help, labels } = metricOf(name);
  return { name, help, labelNames: [...labels], registers: [registry] };
}
