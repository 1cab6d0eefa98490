/**
 * The graph with other edges, for a job without end: one splittable DoFn of our worker reads all subscriptions, another
 * DoFn publishes. Protos in, protos out.
 */
import '../../../../transforms/sdk.beam.ts';
import {
  FunctionSpec,
  IsBounded_Enum,
  ParDoPayload,
  PCollection,
  Pipeline,
  PTransform,
} from 'apache-beam/proto/beam_runner_api';
import { PUBSUB_READ_URN as READ_URN } from '../../../pubsub-io.ts';
import {
  doFnSpec,
  PAR_DO_URN,
  PUBSUB_READ_URN,
  PUBSUB_WRITE_URN,
  type PubSubRead,
} from '../../../worker/dofns.ts';
import {
  bytesCoderOf,
  globalWindowsOf,
  parentsOf,
  subscriptionOf,
  transformsOf,
  withPublications,
} from '../components.ts';

const IMPULSE_URN = 'beam:transform:impulse:v1';
/** Runners refuse a job whose requirements they do not know. */
const REQUIREMENTS = ['beam:requirement:pardo:splittable_dofn:v1', 'beam:requirement:pardo:finalization:v1'];
/** Ids of what is added. Flink confuses a step with a collection of the same id. */
const START = 'start';
const STARTED = 'started';
const LIVE = 'live';

/** Reads and publications become DoFns of our worker, on Pub/Sub. */
export function withPubSub(pipeline: Pipeline, read: Omit<PubSubRead, 'subscriptions'>): Pipeline {
  const subscriptions = transformsOf(pipeline, READ_URN).map(([, transform]) => subscriptionOf(transform));
  const source: PubSubRead = { ...read, subscriptions };
  const { project, endpoint, create } = read;
  return withPublications(withSource(pipeline, doFnSpec(PUBSUB_READ_URN, source)), (topic) =>
    doFnSpec(PUBSUB_WRITE_URN, { project, endpoint, create, topic }),
  );
}

/** Every subscription becomes an output, of the subscription's name, of one splittable DoFn. */
export function withSource(pipeline: Pipeline, source: FunctionSpec): Pipeline {
  const changed = Pipeline.clone(pipeline);
  const { transforms, pcollections, environments } = changed.components!;
  const bytes = bytesCoderOf(changed);
  const outputs: Record<string, string> = {};
  for (const [id, read] of transformsOf(changed, READ_URN)) {
    const output = Object.values(read.outputs)[0]!;
    outputs[subscriptionOf(read)] = output;
    for (const parent of parentsOf(changed, id)) {
      parent.subtransforms = parent.subtransforms.filter((child) => child !== id);
      parent.inputs = { ...parent.inputs, [id]: output };
    }
    delete transforms[id];
  }
  changed.rootTransformIds = changed.rootTransformIds.filter((id) => transforms[id]);
  pcollections[STARTED] = PCollection.create({
    uniqueName: STARTED,
    coderId: bytes,
    isBounded: IsBounded_Enum.BOUNDED,
    windowingStrategyId: globalWindowsOf(changed),
  });
  // A root without an environment: the engine runs it itself.
  transforms[START] = PTransform.create({
    uniqueName: 'Start',
    spec: FunctionSpec.create({ urn: IMPULSE_URN }),
    outputs: { out: STARTED },
  });
  const parDo = ParDoPayload.create({ doFn: source, restrictionCoderId: bytes, requestsFinalization: true });
  transforms[LIVE] = PTransform.create({
    uniqueName: 'Live',
    spec: FunctionSpec.create({ urn: PAR_DO_URN, payload: ParDoPayload.toBinary(parDo) }),
    inputs: { in: STARTED },
    outputs,
    environmentId: Object.keys(environments)[0]!,
  });
  changed.rootTransformIds = [START, LIVE, ...changed.rootTransformIds];
  changed.requirements = [...new Set([...changed.requirements, ...REQUIREMENTS])];
  return changed;
}
