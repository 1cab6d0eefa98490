/** The graph's only I/O: Pub/Sub reads and writes that the runner itself executes, as raw protos without subtransforms. */
import '../transforms/sdk.beam.ts';
import { BytesCoder } from 'apache-beam/coders/required_coders';
import type { Pipeline } from 'apache-beam/internal/pipeline';
import {
  FunctionSpec,
  IsBounded_Enum,
  PubSubReadPayload,
  PubSubWritePayload,
  type PTransform as TransformProto,
} from 'apache-beam/proto/beam_runner_api';
import type { PCollection, Root } from 'apache-beam/pvalue';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import { ATTRIBUTES } from '../schemas/topics.ts';

export const PUBSUB_READ_URN = 'beam:transform:pubsub_read:v1';
export const PUBSUB_WRITE_URN = 'beam:transform:pubsub_write:v1';

/**
 * Reads a subscription: elements are serialized PubsubMessages, stamped by their attribute `ts`, unbounded.
 * Where the engine can, a second message with an id (attribute `id`) is dropped.
 */
export function readPubSub(
  name: string,
  from: { readonly project: string; readonly subscription: string },
): PTransform<Root, PCollection<Uint8Array>> {
  const payload = PubSubReadPayload.create({
    subscription: `projects/${from.project}/subscriptions/${from.subscription}`,
    timestampAttribute: ATTRIBUTES.eventTime,
    idAttribute: ATTRIBUTES.id,
    withAttributes: true,
  });
  return withName(name, (_root: Root, pipeline: Pipeline, transform: TransformProto) => {
    transform.spec = FunctionSpec.create({
      urn: PUBSUB_READ_URN,
      payload: PubSubReadPayload.toBinary(payload),
    });
    return pipeline.createPCollectionInternal<Uint8Array>(
      new BytesCoder(),
      undefined,
      IsBounded_Enum.UNBOUNDED,
    );
  });
}

/**
 * Writes serialized PubsubMessages to a topic. They are encoded as bytes: engines take each element for a message,
 * whatever the SDK would make of it.
 */
export function writePubSub(
  name: string,
  to: { readonly project: string; readonly topic: string },
): PTransform<PCollection<Uint8Array>, void> {
  const payload = PubSubWritePayload.create({ topic: `projects/${to.project}/topics/${to.topic}` });
  return withName(name, (input: PCollection<Uint8Array>, pipeline: Pipeline, transform: TransformProto) => {
    const { pcollections } = pipeline.getProto().components!;
    pcollections[input.getId()]!.coderId = pipeline.getCoderId(new BytesCoder());
    transform.spec = FunctionSpec.create({
      urn: PUBSUB_WRITE_URN,
      payload: PubSubWritePayload.toBinary(payload),
    });
  });
}
