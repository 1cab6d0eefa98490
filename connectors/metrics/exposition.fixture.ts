/** Reads the text format of Prometheus as a scraper does, line by line; and tells what is not as schemas/metrics.ts has it. */
import { METRICS, type MetricName, metricOf } from '../../schemas/metrics.ts';

export interface Scraped {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;
const OF_HISTOGRAM = /_(bucket|sum|count)$/;

/** @throws Error on a line that is no sample. */
export function scraped(text: string): Scraped[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) throw new Error(`Expected a sample, got "${line}".`);
    const pairs = [...labels.matchAll(LABEL)].map(([, label, is]) => [label!, is!] as const);
    return { name, labels: Object.fromEntries(pairs), value: Number(value === '+Inf' ? 'Infinity' : value) };
  });
}

/** The metric of a series, e.g. of a bucket of a histogram. */
export function metricOfSeries(name: string): MetricName | undefined {
  const candidates = [name, name.replace(OF_HISTOGRAM, '')];
  return candidates.find((each): each is MetricName => Object.hasOwn(METRICS, each));
}

/** Samples whose name or labels are not in the list. */
export function unlisted(text: string): string[] {
  return scraped(text).flatMap(({ name, labels }) => {
    const metric = metricOfSeries(name);
    const wanted = metric && [...metricOf(metric).labels].sort().join();
    const got = Object.keys(labels).filter((label) => label !== 'le');
    return wanted === got.sort().join() ? [] : [`${name}{${got.join()}}`];
  });
}
