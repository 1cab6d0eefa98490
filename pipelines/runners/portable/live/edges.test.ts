import '../../../../transforms/sdk.beam.ts';
import { ParDoPayload, type Pipeline } from 'apache-beam/proto/beam_runner_api';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../../../schemas/params.ts';
import { compileSignals } from '../../../compile.ts';
import { PUBSUB_READ_URN as READ_URN, PUBSUB_WRITE_URN as WRITE_URN } from '../../../pubsub-io.ts';
import { PUBSUB_READ_URN, PUBSUB_WRITE_URN, type PubSubRead } from '../../../worker/dofns.ts';
import { withPubSub } from './edges.ts';

const READ: Omit<PubSubRead, 'subscriptions'> = {
  project: 'p',
  create: 'never',
  allowedDisorderMs: 2_000,
  sinceMs: 0,
  streams: ['bybit:BTCUSDT'],
  pullStreams: 1,
  leaseMs: 30_000,
  patienceMs: 10_000,
};
const graph = compileSignals({
  project: 'p',
  params: DEFAULT_PARAMS,
  leadVenue: 'bybit',
  emitAfterMs: 0,
  history: [],
});
const live = withPubSub(graph, READ);
const all = (pipeline: Pipeline) => Object.entries(pipeline.components!.transforms);
const doFnsOf = (pipeline: Pipeline, urn: string) =>
  all(pipeline).flatMap(([, { spec, outputs, inputs }]) => {
    if (spec?.urn !== 'beam:transform:pardo:v1') return [];
    const parDo = ParDoPayload.fromBinary(spec.payload);
    if (parDo.doFn?.urn !== urn) return [];
    return [{ parDo, outputs, inputs, payload: JSON.parse(Buffer.from(parDo.doFn.payload).toString()) }];
  });

describe('withPubSub', () => {
  it('reads all subscriptions in one splittable DoFn, an output each', () => {
    const [read, ...others] = doFnsOf(live, PUBSUB_READ_URN);
    expect(others).toEqual([]);
    expect(read!.payload).toEqual({ ...READ, subscriptions: ['raw-tick-data', 'book-snapshots'] });
    expect(Object.keys(read!.outputs)).toEqual(['raw-tick-data', 'book-snapshots']);
    expect(read!.parDo.restrictionCoderId).not.toBe('');
    expect(live.requirements).toEqual(
      expect.arrayContaining([
        'beam:requirement:pardo:splittable_dofn:v1',
        'beam:requirement:pardo:finalization:v1',
      ]),
    );
  });

  it('publishes each topic that the graph does', () => {
    const topics = doFnsOf(live, PUBSUB_WRITE_URN).map(({ payload }) => payload.topic);
    const written = all(graph).filter(([, { spec }]) => spec?.urn === WRITE_URN);
    expect(topics.length).toBe(written.length);
    expect(new Set(topics)).toEqual(
      new Set(['market-candles', 'dead-letters', 'market-levels', 'market-features', 'trade-signals-micro']),
    );
  });

  it('leaves no step that only Dataflow knows, and no name without a step', () => {
    const { transforms, pcollections } = live.components!;
    expect(all(live).filter(([, { spec }]) => spec?.urn === READ_URN || spec?.urn === WRITE_URN)).toEqual([]);
    const named = [...live.rootTransformIds, ...all(live).flatMap(([, { subtransforms }]) => subtransforms)];
    expect(named.filter((id) => !transforms[id])).toEqual([]);
    const collections = all(live).flatMap(([, { inputs, outputs }]) =>
      Object.values({ ...inputs, ...outputs }),
    );
    expect(collections.filter((id) => !pcollections[id])).toEqual([]);
    // Flink confuses a step with a collection of the same id.
    expect(Object.keys(transforms).filter((id) => pcollections[id])).toEqual([]);
  });

  it('leaves the graph it was given as it was', () => {
    expect(all(graph).filter(([, { spec }]) => spec?.urn === READ_URN)).toHaveLength(2);
  });
});
