/** What edges look up in the protos of a graph before they change it, and the change that they share. */
import '../../../transforms/sdk.beam.ts';
import {
  FunctionSpec,
  ParDoPayload,
  PCollection,
  Pipeline,
  PTransform,
  PubSubReadPayload,
  PubSubWritePayload,
} from 'apache-beam/proto/beam_runner_api';
import { InvariantError } from '../../../schemas/errors.ts';
import { PUBSUB_WRITE_URN } from '../../pubsub-io.ts';
import { PAR_DO_URN } from '../../worker/dofns.ts';

const BYTES_CODER_URN = 'beam:coder:bytes:v1';
const GLOBAL_WINDOWS_URN = 'beam:window_fn:global_windows:v1';

export function transformsOf(pipeline: Pipeline, urn: string): [id: string, PTransform][] {
  return Object.entries(pipeline.components!.transforms).filter(([, { spec }]) => spec?.urn === urn);
}

/** Composites that hold the step. */
export function parentsOf(pipeline: Pipeline, id: string): PTransform[] {
  const found = Object.entries(pipeline.components!.transforms).filter(([, { subtransforms }]) =>
    subtransforms.includes(id),
  );
  return found.flatMap(([parentId, parent]) => [parent, ...parentsOf(pipeline, parentId)]);
}

/** Id of a coder. @throws InvariantError where the graph reads no subscription. */
export function bytesCoderOf(pipeline: Pipeline): string {
  return idOf(pipeline.components!.coders, ({ spec }) => spec?.urn === BYTES_CODER_URN, 'a coder of bytes');
}

/** Id of a windowing strategy. @throws InvariantError where the graph reads no subscription. */
export function globalWindowsOf(pipeline: Pipeline): string {
  const { windowingStrategies } = pipeline.components!;
  return idOf(windowingStrategies, ({ windowFn }) => windowFn?.urn === GLOBAL_WINDOWS_URN, 'global windows');
}

function idOf<T>(components: Record<string, T>, isIt: (component: T) => boolean, what: string): string {
  const found = Object.entries(components).find(([, component]) => isIt(component));
  if (found) return found[0];
  throw new InvariantError(`Expected ${what} in a graph that reads a subscription, got none.`);
}

/** Its name, without the project. */
export function subscriptionOf(read: PTransform): string {
  return lastPart(PubSubReadPayload.fromBinary(read.spec!.payload).subscription);
}

/** Every publication becomes a step of our worker, on the DoFn that is made for its topic. */
export function withPublications(pipeline: Pipeline, doFnOf: (topic: string) => FunctionSpec): Pipeline {
  const changed = Pipeline.clone(pipeline);
  const { transforms, pcollections } = changed.components!;
  for (const [id, write] of transformsOf(changed, PUBSUB_WRITE_URN)) {
    const topic = lastPart(PubSubWritePayload.fromBinary(write.spec!.payload).topic);
    const payload = ParDoPayload.toBinary(ParDoPayload.create({ doFn: doFnOf(topic) }));
    // The SDK's own worker takes a step without outputs for a composite, and skips it.
    const nothing = `${id}-nothing`;
    const [input] = Object.values(write.inputs);
    pcollections[nothing] = PCollection.create({ ...pcollections[input!]!, uniqueName: nothing });
    transforms[id] = PTransform.create({
      ...write,
      spec: FunctionSpec.create({ urn: PAR_DO_URN, payload }),
      outputs: { main: nothing },
    });
  }
  return changed;
}

/** `projects/P/topics/T` -> `T`. */
function lastPart(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1);
}
