/** What a bundle counts, and how runners are told: monitoring infos, each known by a short id of this process. */
import type { MonitoringInfo } from 'apache-beam/proto/metrics';
import protobuf from 'protobufjs/minimal.js';

const COUNTER = 'beam:metrics:sum_int64:v1';

/** Identity of a metric: everything of its monitoring info but the value. */
interface MetricName {
  readonly urn: string;
  readonly type: string;
  readonly labels: { readonly [label: string]: string };
}

/** One value in the making; reset where its bundle processor starts the next bundle. */
abstract class Cell {
  readonly name: MetricName;

  constructor(name: MetricName) {
    this.name = name;
  }

  abstract update(value: number): void;
  abstract reset(): void;
  /** Undefined where there is nothing to tell. */
  abstract payload(): Uint8Array | undefined;
}

class SumCell extends Cell {
  /** Fractions are kept while a bundle runs (ms), and cut when told. */
  value = 0;

  update(value: number): void {
    this.value += value;
  }

  reset(): void {
    this.value = 0;
  }

  payload(): Uint8Array | undefined {
    return Math.trunc(this.value) === 0 ? undefined : varints([this.value]);
  }
}

class DistributionCell extends Cell {
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  update(value: number): void {
    this.#count += 1;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  reset(): void {
    this.#count = 0;
    this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  payload(): Uint8Array | undefined {
    return this.#count === 0 ? undefined : varints([this.#count, this.#sum, this.#min, this.#max]);
  }
}

/** Coder of sums (one number) and distributions (count, sum, min, max): varints, nothing between them. */
function varints(values: readonly number[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const value of values) writer.int64(Math.trunc(value));
  return writer.finish();
}

/** What the SDK's parameters say of a counter or distribution of a step. */
interface UserMetric {
  readonly metricType: string;
  readonly name: string;
}

/** Metrics of one bundle processor. Named as the SDK's container, whose place it takes before the SDK's operators. */
export class BundleMetrics {
  readonly #cells = new Map<string, Cell>();

  elementCount(pcollection: string): SumCell {
    return this.#sum('beam:metric:element_count:v1', { PCOLLECTION: pcollection });
  }

  /** Index of the element a source is working on; runners judge progress by it. */
  readIndex(transformId: string): SumCell {
    return this.#sum('beam:metric:data_channel:read_index:v1', { PTRANSFORM: transformId });
  }

  /** Time spent in one phase of a step, without the steps it hands its output to. Unit: ms. */
  time(transformId: string, phase: 'start' | 'process' | 'finish'): SumCell {
    return this.#sum(`beam:metric:pardo_execution_time:${phase}_bundle_msecs:v1`, {
      PTRANSFORM: transformId,
    });
  }

  /** Asked by the SDK's steps for their counters and distributions, with every update. */
  getMetric(transformId: string, _pcollection: undefined, { metricType, name }: UserMetric): Cell {
    const labels = { PTRANSFORM: transformId, NAMESPACE: '', NAME: name };
    if (metricType === 'beam:metric:user:distribution_int64:v1') {
      const type = 'beam:metrics:distribution_int64:v1';
      return this.#cell({ urn: metricType, type, labels }, DistributionCell);
    }
    return this.#cell({ urn: metricType, type: COUNTER, labels }, SumCell);
  }

  reset(): void {
    for (const cell of this.#cells.values()) cell.reset();
  }

  /** Whatever is not zero, ready for a response. */
  report(ids: ShortIds): MetricsReport {
    const report: MetricsReport = { monitoringInfos: [], monitoringData: {} };
    for (const [key, cell] of this.#cells) {
      const payload = cell.payload();
      if (!payload) continue;
      report.monitoringInfos.push(infoOf(cell.name, payload));
      report.monitoringData[ids.of(key, cell.name)] = payload;
    }
    return report;
  }

  #sum(urn: string, labels: MetricName['labels']): SumCell {
    return this.#cell({ urn, type: COUNTER, labels }, SumCell);
  }

  #cell<T extends Cell>(name: MetricName, make: new (name: MetricName) => T): T {
    const key = [name.urn, ...Object.entries(name.labels).flat()].join('\0');
    const known = this.#cells.get(key);
    if (known) return known as T;
    const cell = new make(name);
    this.#cells.set(key, cell);
    return cell;
  }
}

export interface MetricsReport {
  readonly monitoringInfos: MonitoringInfo[];
  readonly monitoringData: { [shortId: string]: Uint8Array };
}

/** Short names of metrics, the same for all bundles of a process. */
export class ShortIds {
  readonly #idByKey = new Map<string, string>();
  readonly #infoById = new Map<string, MonitoringInfo>();

  of(key: string, name: MetricName): string {
    const known = this.#idByKey.get(key);
    if (known) return known;
    const id = `m${this.#idByKey.size}`;
    this.#idByKey.set(key, id);
    this.#infoById.set(id, infoOf(name, new Uint8Array()));
    return id;
  }

  /** Those of the ids that are known, without values. */
  resolve(ids: readonly string[]): { [shortId: string]: MonitoringInfo } {
    return Object.fromEntries(
      ids.flatMap((id) => {
        const info = this.#infoById.get(id);
        return info ? [[id, info]] : [];
      }),
    );
  }
}

function infoOf({ urn, type, labels }: MetricName, payload: Uint8Array): MonitoringInfo {
  return { urn, type, labels: { ...labels }, payload };
}
