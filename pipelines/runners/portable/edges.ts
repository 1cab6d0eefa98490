/** The graph with other edges: a TestStream where it subscribes, spool files where it publishes. Protos in, protos out. */
import '../../../transforms/sdk.beam.ts';
import {
  Environment,
  ExternalPayload,
  FunctionSpec,
  IsBounded_Enum,
  PCollection,
  Pipeline,
  PTransform,
  TestStreamPayload,
  type TestStreamPayload_Event,
} from 'apache-beam/proto/beam_runner_api';
import { impulse } from 'apache-beam/transforms/internal';
import { step } from '../../../transforms/beam.ts';
import { pipelineOf } from '../../pipeline-of.ts';
import { PUBSUB_READ_URN } from '../../pubsub-io.ts';
import { doFnSpec, PAR_DO_URN, SPOOL_WRITE_URN } from '../../worker/dofns.ts';
import {
  bytesCoderOf,
  globalWindowsOf,
  parentsOf,
  subscriptionOf,
  transformsOf,
  withPublications,
} from './components.ts';
import type { RecordedEvent } from './recording.ts';
import { takeMessages } from './route.ts';

const TEST_STREAM_URN = 'beam:transform:teststream:v1';
const EXTERNAL_URN = 'beam:env:external:v1';
/** BoundedWindow.TIMESTAMP_MAX_VALUE of every Beam SDK. Unit: ms. */
const END_OF_TIME = 9_223_372_036_854_775n;
const RECORDING = 'recording';
const RECORDED = 'recorded';

/** Names of the subscriptions that a graph reads, in a fixed order: their numbers in the frames of a recording. */
export function subscriptionsOf(pipeline: Pipeline): string[] {
  return readsOf(pipeline)
    .map(([, transform]) => subscriptionOf(transform))
    .sort();
}

/** Every subscription becomes a filter on one TestStream: engines allow one a pipeline. */
export function withRecording(pipeline: Pipeline, events: readonly RecordedEvent[]): Pipeline {
  const changed = Pipeline.clone(pipeline);
  const { transforms, pcollections } = changed.components!;
  const subscriptions = subscriptionsOf(pipeline);
  const coderId = bytesCoderOf(changed);
  pcollections[RECORDED] = PCollection.create({
    uniqueName: RECORDED,
    coderId,
    isBounded: IsBounded_Enum.UNBOUNDED,
    windowingStrategyId: globalWindowsOf(changed),
  });
  for (const [id, read] of readsOf(changed)) {
    transforms[id] = PTransform.create({
      ...read,
      spec: routeSpec(subscriptions.indexOf(subscriptionOf(read))),
      inputs: { main: RECORDED },
    });
    for (const parent of parentsOf(changed, id)) parent.inputs = { ...parent.inputs, recording: RECORDED };
  }
  // A root without an environment: Flink runs it itself.
  transforms[RECORDING] = PTransform.create({
    uniqueName: 'Recording',
    spec: FunctionSpec.create({ urn: TEST_STREAM_URN, payload: testStream(coderId, events) }),
    outputs: { main: RECORDED },
    environmentId: '',
  });
  changed.rootTransformIds = [RECORDING, ...changed.rootTransformIds];
  return changed;
}

/** Every publication becomes a step of the worker that appends to a file in `dir`. */
export function withSpool(pipeline: Pipeline, dir: string): Pipeline {
  return withPublications(pipeline, (topic) => doFnSpec(SPOOL_WRITE_URN, { dir, topic }));
}

/** All functions run in the workers that the pool at `address` (host:port) starts; they bring their own code. */
export function withWorkerPool(pipeline: Pipeline, address: string): Pipeline {
  const changed = Pipeline.clone(pipeline);
  const { environments } = changed.components!;
  const payload = ExternalPayload.toBinary(ExternalPayload.create({ endpoint: { url: address } }));
  for (const [id, { capabilities }] of Object.entries(environments)) {
    environments[id] = Environment.create({ urn: EXTERNAL_URN, payload, capabilities });
  }
  return changed;
}

/** A ParDo of the SDK's, as it would build it for this step. */
function routeSpec(subscription: number): FunctionSpec {
  const built = pipelineOf((root) => {
    root.apply(impulse()).apply(step('Route', takeMessages, { subscription }));
  });
  return transformsOf(built, PAR_DO_URN)[0]![1].spec!;
}

/** Elements are not length-prefixed: both Prism and Flink read them to their end. */
function testStream(coderId: string, events: readonly RecordedEvent[]): Uint8Array {
  return TestStreamPayload.toBinary(TestStreamPayload.create({ coderId, events: events.map(eventOf) }));
}

function eventOf(event: RecordedEvent): TestStreamPayload_Event {
  if (event.kind === 'watermark') {
    const newWatermark = Number.isFinite(event.watermarkMs) ? BigInt(event.watermarkMs) : END_OF_TIME;
    return { event: { oneofKind: 'watermarkEvent', watermarkEvent: { newWatermark, tag: '' } } };
  }
  const elements = event.frames.map(({ bytes, eventTimeMs }) => ({
    encodedElement: bytes,
    timestamp: BigInt(eventTimeMs),
  }));
  return { event: { oneofKind: 'elementEvent', elementEvent: { elements, tag: '' } } };
}

function readsOf(pipeline: Pipeline): [string, PTransform][] {
  return transformsOf(pipeline, PUBSUB_READ_URN);
}
