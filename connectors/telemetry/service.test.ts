import { expect, it, onTestFinished, vi } from 'vitest';
import { ManualClock } from '../clock/manual.ts';
import { systemClock } from '../clock/system.ts';
import { traceFields } from '../log-line.ts';
import { Meter } from '../metrics/meter.ts';
import { Collector } from './collector.fixture.ts';
import { openOtlp, openServiceTelemetry } from './service.ts';
import { CLOSE, SIGNAL, span } from './span.fixture.ts';

const otlpOf = (environment: Record<string, string>) =>
  openOtlp({ environment, service: 'test', clock: systemClock, onTrouble: () => {} });

it('is off unless its environment names a collector, and where it says so', async () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };
  expect(await otlpOf({})).toBeNull();
  expect(await otlpOf({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBeNull();
  expect(await otlpOf({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toBeNull();
  expect(await otlpOf({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBeNull();
  for (const wrong of ['localhost:4318', 'ftp://host', 'here']) {
    await expect(otlpOf({ OTEL_EXPORTER_OTLP_ENDPOINT: wrong })).rejects.toThrow(/as the URL of a collector/);
  }
});

it('tells collector, metrics and log of a stage, and the log of signals alone', async () => {
  const collector = new Collector();
  await collector.start();
  onTestFinished(() => collector.stop());
  const meter = new Meter([]);
  const log = vi.fn();
  const { stages, close } = await openServiceTelemetry({
    environment: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.url, GOOGLE_CLOUD_PROJECT: 'my-project' },
    service: 'trade-desk',
    clock: new ManualClock(CLOSE + 70),
    log,
    meter,
  });
  const bar = { pair: 'SOLUSDT', closeMs: CLOSE };
  stages.ended({ stage: 'relay', bar, id: 'r', after: '', sinceMs: CLOSE });
  stages.ended({
    stage: 'desk',
    bar,
    id: 'd',
    after: 'r',
    attributes: { signal: SIGNAL, outcome: 'COOLDOWN' },
  });
  await close();
  expect(collector.spans.map(({ name }) => name)).toEqual(['relay', 'desk']);
  const { traceId } = span('desk', [0, 0]);
  const fields = {
    ...traceFields(traceId, 'my-project', collector.spans[1]!.spanId),
    stage: 'desk',
    ms: 0,
    id: 'd',
    signal: SIGNAL,
    outcome: 'COOLDOWN',
  };
  expect(log.mock.calls).toEqual([['INFO', `${SIGNAL} desk COOLDOWN, 0 ms`, fields]]);
  const text = await meter.text();
  expect(text).toContain('cst_stage_seconds_sum{stage="relay"} 0.07');
  expect(text).toContain('cst_spans_sent_total 2');
});

it('names the trace as Cloud Logging links it, where the project is known', () => {
  const { traceId } = span('desk', [0, 0]);
  const rest = {
    'logging.googleapis.com/spanId': traceId.slice(16),
    'logging.googleapis.com/trace_sampled': true,
  };
  const trace = 'logging.googleapis.com/trace';
  expect(traceFields(traceId, 'p')).toEqual({ [trace]: `projects/p/traces/${traceId}`, ...rest });
  expect(traceFields(traceId, undefined)).toEqual({ [trace]: traceId, ...rest });
});
