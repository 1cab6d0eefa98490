import '../../../transforms/sdk.beam.ts';
import {
  ExternalPayload,
  IsBounded_Enum,
  ParDoPayload,
  Pipeline,
  type PTransform,
  TestStreamPayload,
} from 'apache-beam/proto/beam_runner_api';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../../schemas/params.ts';
import { compileSignals } from '../../compile.ts';
import { SPOOL_WRITE_URN, SpoolWrite } from '../../worker/dofns.ts';
import { subscriptionsOf, withRecording, withSpool, withWorkerPool } from './edges.ts';

const graph = compileSignals({
  project: 'test',
  params: DEFAULT_PARAMS,
  leadVenue: 'bybit',
  emitAfterMs: 0,
  history: [],
});
const frame = new Uint8Array([0, 1, 0, 0, 0, 7]);
const recorded = withRecording(graph, [
  { kind: 'messages', frames: [{ bytes: frame, eventTimeMs: 1_000 }] },
  { kind: 'watermark', watermarkMs: 60_000 },
  { kind: 'watermark', watermarkMs: Number.POSITIVE_INFINITY },
]);
const whole = withWorkerPool(withSpool(recorded, '/spool'), '127.0.0.1:9');

const withUrn = ({ components }: Pipeline, urn: string): [string, PTransform][] =>
  Object.entries(components!.transforms).filter(([, { spec }]) => spec?.urn.includes(urn));

describe('the graph with portable edges', () => {
  it('has no Pub/Sub left, and is a proto that survives its wire form', () => {
    expect(withUrn(whole, 'pubsub_')).toEqual([]);
    const again = Pipeline.fromBinary(Pipeline.toBinary(whole));
    expect(Buffer.compare(Pipeline.toBinary(again), Pipeline.toBinary(whole))).toBe(0);
    expect(withUrn(graph, 'pubsub_')).toHaveLength(11);
  });

  it('has one TestStream, a root without environment, unbounded', () => {
    const streams = withUrn(whole, 'teststream');
    expect(streams).toHaveLength(1);
    const [id, stream] = streams[0]!;
    expect(stream.environmentId).toBe('');
    expect(stream.inputs).toEqual({});
    expect(whole.rootTransformIds).toContain(id);
    const [output] = Object.values(stream.outputs);
    expect(whole.components!.pcollections[output!]!.isBounded).toBe(IsBounded_Enum.UNBOUNDED);
    const { coderId } = TestStreamPayload.fromBinary(stream.spec!.payload);
    expect(whole.components!.coders[coderId]!.spec!.urn).toBe('beam:coder:bytes:v1');
  });

  it('keeps the recording: elements as they are, event time in ms, an end of time', () => {
    const [[, stream]] = withUrn(whole, 'teststream') as [[string, PTransform]];
    const { events } = TestStreamPayload.fromBinary(stream.spec!.payload);
    expect(events.map(({ event }) => event)).toEqual([
      {
        oneofKind: 'elementEvent',
        elementEvent: { elements: [{ encodedElement: frame, timestamp: 1_000n }], tag: '' },
      },
      { oneofKind: 'watermarkEvent', watermarkEvent: { newWatermark: 60_000n, tag: '' } },
      { oneofKind: 'watermarkEvent', watermarkEvent: { newWatermark: 9_223_372_036_854_775n, tag: '' } },
    ]);
  });

  it('feeds every subscription from it, under the names the graph had', () => {
    expect(subscriptionsOf(graph)).toEqual(['book-snapshots', 'raw-tick-data']);
    const { transforms } = whole.components!;
    for (const [id, before] of withUrn(graph, 'pubsub_read')) {
      const after = transforms[id]!;
      expect(after.uniqueName).toBe(before.uniqueName);
      expect(after.outputs).toEqual(before.outputs);
      expect(after.inputs).toEqual({ main: 'recorded' });
      expect(after.environmentId).toBe(before.environmentId);
    }
  });

  it('names no transform like a collection: Flink takes them for one', () => {
    const { transforms, pcollections } = whole.components!;
    expect(Object.keys(transforms).filter((id) => id in pcollections)).toEqual([]);
  });

  it('writes every topic to the spool', () => {
    const { transforms } = whole.components!;
    const topics = withUrn(graph, 'pubsub_write').map(([id]) => {
      const { doFn } = ParDoPayload.fromBinary(transforms[id]!.spec!.payload);
      expect(doFn!.urn).toBe(SPOOL_WRITE_URN);
      expect(Object.values(transforms[id]!.outputs)).toHaveLength(1);
      return SpoolWrite.parse(JSON.parse(Buffer.from(doFn!.payload).toString()));
    });
    expect(new Set(topics.map(({ topic }) => topic)).size).toBe(5);
    expect(topics.every(({ dir }) => dir === '/spool')).toBe(true);
  });

  it('runs in workers of the pool, which need nothing staged', () => {
    const environments = Object.values(whole.components!.environments);
    expect(environments).not.toHaveLength(0);
    for (const { urn, payload, dependencies } of environments) {
      expect(urn).toBe('beam:env:external:v1');
      expect(ExternalPayload.fromBinary(payload).endpoint!.url).toBe('127.0.0.1:9');
      expect(dependencies).toEqual([]);
    }
  });

  it('refers to nothing that is not there', () => {
    const { transforms, pcollections, coders, environments } = whole.components!;
    for (const { inputs, outputs, subtransforms, environmentId } of Object.values(transforms)) {
      for (const id of [...Object.values(inputs), ...Object.values(outputs)])
        expect(pcollections).toHaveProperty(id);
      for (const id of subtransforms) expect(transforms).toHaveProperty(id);
      if (environmentId) expect(environments).toHaveProperty(environmentId);
    }
    for (const { coderId } of Object.values(pcollections)) expect(coders).toHaveProperty(coderId);
    for (const id of whole.rootTransformIds) expect(transforms).toHaveProperty(id);
  });
});
