import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { rootSpanIdOf } from '../../schemas/trace.ts';
import { systemClock } from '../clock/system.ts';
import { Collector, type Fault } from './collector.fixture.ts';
import { OtlpTelemetry } from './otlp.ts';
import { CLOSE, SIGNAL, span } from './span.fixture.ts';

const PATIENCE = { timeout: 5_000, interval: 5 };
let collector: Collector;
let told: string[];

beforeEach(async () => {
  collector = new Collector();
  told = [];
  await collector.start();
});
afterEach(() => collector.stop());

function open(timeoutMs = 1_000): OtlpTelemetry {
  const telemetry = new OtlpTelemetry({
    url: collector.url,
    service: 'trade-desk',
    project: 'my-project',
    clock: systemClock,
    timeoutMs,
    everyMs: 1,
    onTrouble: (line: string) => told.push(line),
  });
  onTestFinished(() => telemetry.close());
  return telemetry;
}

const some = (count: number) =>
  Array.from({ length: count }, (_, i) => span('relay', [i, i + 1], { id: `r${i}` }));
const has = (telemetry: OtlpTelemetry, counts: Partial<ReturnType<OtlpTelemetry['counts']>>) =>
  vi.waitFor(() => expect(telemetry.counts()).toMatchObject(counts), PATIENCE);

describe('spans by OpenTelemetry', () => {
  it('arrive with ids that follow from the content, to the nanosecond', async () => {
    const desk = span('desk', [40, 90.5], { id: 'd', signal: SIGNAL, book: 'default', message: 7 });
    const telemetry = open();
    telemetry.record(desk);
    telemetry.record({ ...desk, endMs: CLOSE + 900 });
    await has(telemetry, { sent: 2, dropped: 0 });
    const [first, again] = collector.spans;
    expect(first).toEqual({
      traceId: desk.traceId,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentSpanId: rootSpanIdOf(desk.traceId),
      name: 'desk',
      startTimeUnixNano: `${CLOSE + 40}000000`,
      endTimeUnixNano: `${CLOSE + 90}500000`,
      attributes: { 'cst.id': 'd', 'cst.signal': SIGNAL, 'cst.book': 'default', 'cst.message': '7' },
      resource: { 'service.name': 'trade-desk', 'gcp.project_id': 'my-project' },
    });
    expect(again!.spanId).toBe(first!.spanId);
  });

  it('arrive in batches, all of them, also those of a process that ends', async () => {
    const telemetry = open();
    for (const one of some(1_100)) telemetry.record(one);
    await telemetry.close();
    expect(telemetry.counts()).toEqual({ sent: 1_100, dropped: 0, waiting: 0 });
    expect(collector.requests).toBe(3);
    telemetry.record(some(1)[0]!);
    expect(telemetry.counts().dropped).toBe(1);
  });

  it('come again where the server asks for it', async () => {
    collector.fault = (_, response) => {
      if (collector.requests > 1) return false;
      response.writeHead(429, { 'retry-after': '0' }).end();
      return true;
    };
    const telemetry = open(5_000);
    telemetry.record(some(1)[0]!);
    await has(telemetry, { sent: 1, dropped: 0 });
    expect([collector.requests, told]).toEqual([2, []]);
  });
});

describe('a collector that fails', () => {
  const FAULTS: Record<string, Fault> = {
    '500': (_, response) => Boolean(response.writeHead(500).end()),
    '429 for long': (_, response) => Boolean(response.writeHead(429, { 'retry-after': '60' }).end()),
    'a hang': () => true,
    garbage: (request) => Boolean(request.socket.end('\u0000\u0001 this is no HTTP')),
    'a cut line': (request) => Boolean(request.socket.destroy()),
  };

  it.each(Object.entries(FAULTS))(
    'of %s costs its spans, counted and told once, and nothing else',
    async (_, fault) => {
      collector.fault = fault;
      const telemetry = open(200);
      for (const one of some(2)) telemetry.record(one);
      await has(telemetry, { dropped: 2, waiting: 0 });
      telemetry.record(some(1)[0]!);
      await has(telemetry, { dropped: 3 });
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/^Traces do not reach 127\.0\.0\.1:\d+: ./);
      collector.fault = () => false;
      telemetry.record(some(1)[0]!);
      await has(telemetry, { sent: 1 });
    },
  );

  it('keeps no more than its queue in memory', async () => {
    collector.fault = () => true;
    const telemetry = open(60_000);
    for (const one of some(6_000)) telemetry.record(one);
    expect(telemetry.counts()).toMatchObject({ waiting: 4_096, dropped: 1_904 });
    collector.fault = () => false;
    await has(telemetry, { sent: 4_096 });
  });
});
