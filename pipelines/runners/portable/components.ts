/** What edges look up in the protos of a graph before they change it. */
import '../../../transforms/sdk.beam.ts';
import { type Pipeline, type PTransform, PubSubReadPayload } from 'apache-beam/proto/beam_runner_api';
import { InvariantError } from '../../../schemas/errors.ts';

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

/** `projects/P/topics/T` -> `T`. */
export function lastPart(resource: string): string {
  return resource.slice(resource.lastIndexOf('/') + 1);
}
