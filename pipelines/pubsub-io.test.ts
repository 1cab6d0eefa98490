import '../transforms/sdk.beam.ts';
import { Pipeline } from 'apache-beam/internal/pipeline';
import { IsBounded_Enum, PubSubReadPayload, PubSubWritePayload } from 'apache-beam/proto/beam_runner_api';
import { Root } from 'apache-beam/pvalue';
import { impulse } from 'apache-beam/transforms/internal';
import { withName } from 'apache-beam/transforms/transform';
import { describe, expect, it } from 'vitest';
import { readPubSub, writePubSub } from './pubsub-io.ts';

describe('the Pub/Sub ends of a graph', () => {
  const pipeline = new Pipeline();
  new Root(pipeline)
    .apply(readPubSub('Read', { project: 'p', subscription: 's' }))
    .apply(writePubSub('Write', { project: 'p', topic: 't' }));
  const { transforms, pcollections, coders } = pipeline.getProto().components!;
  const [read, write] = Object.values(transforms);

  it('read whole messages of a subscription, stamped and deduplicated by their attributes', () => {
    expect(read!.spec!.urn).toBe('beam:transform:pubsub_read:v1');
    expect(PubSubReadPayload.fromBinary(read!.spec!.payload)).toEqual({
      topic: '',
      subscription: 'projects/p/subscriptions/s',
      timestampAttribute: 'ts',
      idAttribute: 'id',
      withAttributes: true,
      topicRuntimeOverridden: '',
      subscriptionRuntimeOverridden: '',
    });
    expect(read!.inputs).toEqual({});
    const [output] = Object.values(read!.outputs).map((id) => pcollections[id]!);
    expect(output!.isBounded).toBe(IsBounded_Enum.UNBOUNDED);
    expect(coders[output!.coderId]!.spec!.urn).toBe('beam:coder:bytes:v1');
  });

  it('write whole messages to a topic', () => {
    expect(write!.spec!.urn).toBe('beam:transform:pubsub_write:v1');
    expect(PubSubWritePayload.fromBinary(write!.spec!.payload).topic).toBe('projects/p/topics/t');
    expect(write!.outputs).toEqual({});
    expect(Object.values(write!.inputs)).toEqual(Object.values(read!.outputs));
  });

  it('write bytes, whatever the SDK would encode their input as', () => {
    const built = new Pipeline();
    const made = new Root(built).apply(impulse()).map(withName('Make', (bytes: Uint8Array) => bytes));
    const collection = built.getProto().components!.pcollections[made.getId()]!;
    const coder = () => built.getProto().components!.coders[collection.coderId]!.spec!.urn;
    expect(coder()).toBe('beam:coder:genericobjectjs:v1');
    made.apply(writePubSub('Write', { project: 'p', topic: 't' }));
    expect(coder()).toBe('beam:coder:bytes:v1');
  });

  it('have no parts, so that the engine executes them itself', () => {
    expect([read!.subtransforms, write!.subtransforms]).toEqual([[], []]);
  });
});
