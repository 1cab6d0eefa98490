/** A function as a process tells the stage that it is: to OpenTelemetry, to its log and to its metrics. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { Collector } from '../connectors/telemetry/collector.fixture.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import { signalId } from '../schemas/scalp-signal.ts';
import { barOfSignal, rootSpanIdOf, traceIdOf } from '../schemas/trace.ts';
import { FunctionProcess, pushOf } from './entry.fixture.ts';
import { signal } from './trade-desk/trade-desk.fixture.ts';

const CALL = { authorization: 'Bearer a-secret-of-the-callers' };

function offered() {
  const timestamp = Math.floor(systemClock.now() / MINUTE_MS) * MINUTE_MS;
  const told = signal({ timestamp });
  return { ...told, id: signalId(told) };
}

function pushed(told: ReturnType<typeof offered>, publishTimeMs: number): object {
  const push = pushOf('trade-signals-micro', 'trade desk', told) as { readonly message: object };
  return { ...push, message: { ...push.message, publishTime: new Date(publishTimeMs).toISOString() } };
}

async function startDesk(test: TestContext, collector: Collector): Promise<FunctionProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'cst-function-'));
  const desk = await FunctionProcess.start('trade-desk', {
    CST_STATE_FILE: join(dir, 'state.db'),
    CST_BUS_DIR: join(dir, 'bus'),
    CST_CALLER_SECRET: 'a-secret-of-the-callers',
    GOOGLE_CLOUD_PROJECT: 'my-project',
    CST_GRAPH_ENGINE: 'dataflow',
    OTEL_EXPORTER_OTLP_ENDPOINT: new URL(collector.url).origin,
  });
  test.onTestFinished(() => desk.kill());
  return desk;
}

it('measures the graph that it cannot see by when its signal was published, and itself from then on', async (test) => {
  const collector = new Collector();
  await collector.start();
  test.onTestFinished(() => collector.stop());
  const desk = await startDesk(test, collector);
  const told = offered();
  const publishedMs = told.timestamp + 2_345;
  expect(await desk.post(pushed(told, publishedMs), CALL)).toBe(204);
  expect(await desk.post(pushed(told, publishedMs), CALL)).toBe(204);
  desk.signal('SIGTERM');
  expect(await desk.ended(), desk.output).toBe(0);
  const traceId = traceIdOf(barOfSignal(told.id)!);
  const nanos = (ms: number) => `${ms}000000`;
  const same = { traceId, parentSpanId: rootSpanIdOf(traceId) };
  const [decision, close] = [expect.stringMatching(/^[A-Z_]+$/), nanos(told.timestamp)];
  expect(collector.spans).toMatchObject([
    { ...same, name: 'graph', startTimeUnixNano: close, endTimeUnixNano: nanos(publishedMs) },
    { ...same, name: 'desk', startTimeUnixNano: nanos(publishedMs), attributes: { 'cst.outcome': decision } },
  ]);
  expect(collector.spans[0]!.resource).toEqual({
    'service.name': 'trade-desk',
    'gcp.project_id': 'my-project',
  });
  const lines = desk.log.filter((line) => 'logging.googleapis.com/trace' in line);
  expect(lines).toMatchObject([
    { severity: 'INFO', message: `${told.id} graph, 2345 ms`, stage: 'graph', ms: 2_345 },
    {
      severity: 'INFO',
      stage: 'desk',
      'logging.googleapis.com/trace': `projects/my-project/traces/${traceId}`,
    },
  ]);
});

it('decides and ends in time while its collector hangs', async (test) => {
  const collector = new Collector();
  await collector.start();
  test.onTestFinished(() => collector.stop());
  collector.fault = () => true;
  const desk = await startDesk(test, collector);
  const told = offered();
  expect(await desk.post(pushed(told, told.timestamp + 2_000), CALL)).toBe(204);
  desk.signal('SIGTERM');
  expect(await desk.ended(), desk.output).toBe(0);
  expect(desk.log.map(({ severity, message }) => `${severity} ${message}`).join('\n')).toMatch(
    /WARNING Traces do not reach 127\.0\.0\.1:\d+: the process ends/,
  );
});
