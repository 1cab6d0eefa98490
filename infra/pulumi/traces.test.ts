import { expect, it } from 'vitest';
import { stackOf } from './mocked.fixture.ts';

const ENDPOINT = { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'https://telemetry.googleapis.com' };

/** Services that are told of the collector, accounts that may write spans, and APIs of traces. */
async function tracesOf(settings: Readonly<Record<string, unknown>>) {
  const stack = await stackOf(settings);
  const services = stack.filter(({ type }) => type === 'gcp:cloudrunv2/service:Service');
  const told = services.filter(({ inputs }) =>
    JSON.stringify(inputs.template.containers[0].envs).includes(JSON.stringify(ENDPOINT)),
  );
  const writers = stack.filter(({ inputs }) => inputs.role === 'roles/telemetry.tracesWriter');
  const apis = stack.flatMap(
    ({ inputs }) => /^(cloudtrace|telemetry)\./.exec(String(inputs.service))?.[1] ?? [],
  );
  return { services: services.length, told: told.length, writers: writers.length, apis: apis.toSorted() };
}

it('with traces every service sends its spans to Cloud Trace, and may', async () => {
  const { services, told, writers, apis } = await tracesOf({ traces: true });
  expect(told).toBe(services);
  expect(writers).toBeGreaterThan(7);
  expect(apis).toEqual(['cloudtrace', 'telemetry']);
});

it('without it none does', async () => {
  expect(await tracesOf({})).toMatchObject({ told: 0, writers: 0, apis: [] });
});

it('on Dataflow the desk tells of the graph', async () => {
  const engineIn = async (tier: string) => {
    const stack = await stackOf({ tier });
    const desk = stack.find(
      ({ type, name }) => type === 'gcp:cloudrunv2/service:Service' && name === 'trade-desk',
    );
    return JSON.stringify(desk?.inputs.template.containers[0].envs).includes(
      '"CST_GRAPH_ENGINE","value":"dataflow"',
    );
  };
  expect([await engineIn('dataflow'), await engineIn('single-node')]).toEqual([true, false]);
});
