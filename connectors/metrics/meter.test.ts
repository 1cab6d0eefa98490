import { describe, expect, it } from 'vitest';
import { METRICS, type MetricName, metricOf } from '../../schemas/metrics.ts';
import { scraped, unlisted } from './exposition.fixture.ts';
import { Meter, sample } from './meter.ts';

const names = Object.keys(METRICS) as MetricName[];
const withoutHelp = (text: string) => text.split('\n').filter((line) => line && !line.startsWith('# HELP'));

describe('the list of metrics', () => {
  it('has names as Prometheus wants them, and a unit for each', () => {
    for (const name of names) expect(name).toMatch(/^cst_[a-z]+(_[a-z]+)*$/);
    expect(metricOf('cst_relay_outbox_oldest_age_seconds')).toMatchObject({ kind: 'gauge', unit: 'seconds' });
    expect(metricOf('cst_relay_recorder_bytes_total')).toMatchObject({ kind: 'counter', unit: 'bytes' });
    expect(metricOf('cst_desk_day_realised_ratio')).toMatchObject({ kind: 'gauge', unit: 'ratio' });
    expect(metricOf('cst_alert_seconds')).toMatchObject({ kind: 'histogram', unit: 'seconds' });
    expect(metricOf('cst_candles_total')).toMatchObject({ kind: 'counter', unit: 'count' });
  });

  it('gives every histogram ascending buckets, and no other metric any', () => {
    for (const { name, buckets } of names.map(metricOf)) {
      const isOfSeconds = buckets !== undefined;
      expect([name, isOfSeconds && name.endsWith('_total')]).toEqual([name, false]);
      expect([...(buckets ?? [])].sort((a, b) => a - b)).toEqual(buckets ?? []);
    }
  });
});

describe('a meter', () => {
  it('tells what was counted and what is read, in the text format', async () => {
    const meter = new Meter(['graph', 'history']);
    meter.count('cst_candles_total', { interval: '1m', complete: 'true' });
    meter.count('cst_candles_total', { interval: '1m', complete: 'true' }, 2);
    meter.observe('cst_chart_seconds', 0.3);
    meter.read(() => [sample('cst_graph_running', true), sample('cst_graph_backlog_messages', null)]);
    const text = await meter.text();
    expect(withoutHelp(text)).toEqual(
      expect.arrayContaining([
        '# TYPE cst_candles_total counter',
        'cst_candles_total{interval="1m",complete="true"} 3',
        'cst_chart_seconds_bucket{le="0.25"} 0',
        'cst_chart_seconds_bucket{le="0.5"} 1',
        'cst_chart_seconds_count 1',
        'cst_graph_running 1',
        'cst_stage_up{stage="graph"} 1',
        'cst_stage_up{stage="history"} 1',
      ]),
    );
    expect(text).not.toMatch(/^cst_graph_backlog_messages/m);
    expect(unlisted(text)).toEqual([]);
    expect(text.endsWith('\n') && !text.endsWith('\n\n')).toBe(true);
  });

  it('reads at a scrape and at no other time, and tells the rest where one fails', async () => {
    const meter = new Meter(['trade-desk']);
    let reads = 0;
    meter.read(() => [sample('cst_desk_equity', ++reads, { book: 'main' })]);
    meter.read(async () => {
      throw new Error('the store is away');
    });
    meter.count('cst_published_total', { topic: 'position-events' });
    expect(reads).toBe(0);
    const of = async (name: string) => scraped(await meter.text()).find((one) => one.name === name)?.value;
    expect([await of('cst_desk_equity'), await of('cst_desk_equity')]).toEqual([1, 2]);
    expect(await of('cst_published_total')).toBe(1);
  });
});
