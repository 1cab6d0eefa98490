/** What Pulumi lets each service publish and read is what its code publishes and reads. */
import { PubSubReadPayload, PubSubWritePayload } from 'apache-beam/proto/beam_runner_api';
import { describe, expect, it } from 'vitest';
import { SINK_TOPICS } from '../../functions/state-sink/state-sink.ts';
import { NOTIFIER_TOPICS } from '../../functions/telegram-notifier/messages.ts';
import { DESK_TOPICS } from '../../functions/trade-desk/messages.ts';
import { configWith } from '../../infra/pulumi/mocked.fixture.ts';
import { servicesOf } from '../../infra/pulumi/services.ts';
import { compileSignals } from '../../pipelines/compile.ts';
import { SignalParams } from '../../schemas/params.ts';

const services = new Map(servicesOf(configWith()).map((service) => [service.name, service]));
const pushed = (name: string) => services.get(name)!.pushed.map(({ topic }) => topic);

describe('the graph', () => {
  const steps = Object.values(
    compileSignals({
      project: 'p',
      params: SignalParams.parse({}),
      leadVenue: 'bybit',
      emitAfterMs: 0,
      history: [],
    }).components!.transforms,
  );
  const payloads = (urn: string) => steps.flatMap(({ spec }) => (spec?.urn === urn ? [spec.payload] : []));
  const last = (path: string) => path.slice(path.lastIndexOf('/') + 1);

  it('may publish where it does', () => {
    const written = payloads('beam:transform:pubsub_write:v1').map((payload) =>
      PubSubWritePayload.fromBinary(payload),
    );
    expect([...services.get('signal-graph')!.publishes].sort()).toEqual(
      [...new Set(written.map(({ topic }) => last(topic)))].sort(),
    );
  });

  it('may read what it does', () => {
    const read = payloads('beam:transform:pubsub_read:v1').map((payload) =>
      PubSubReadPayload.fromBinary(payload),
    );
    expect(services.get('signal-graph')!.pulls.map(({ id }) => id)).toEqual(
      read.map(({ subscription }) => last(subscription)),
    );
  });
});

it.each([
  ['state-sink', SINK_TOPICS],
  ['trade-desk', DESK_TOPICS],
  ['telegram-notifier', NOTIFIER_TOPICS],
])('%s is pushed what it takes', (name, topics) => {
  expect(pushed(name).sort()).toEqual([...topics].sort());
});
