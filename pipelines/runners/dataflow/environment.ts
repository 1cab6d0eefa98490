/** The graph as Dataflow takes it: every step in one Docker environment, ours. */
import '../../../transforms/sdk.beam.ts';
import { DockerPayload, Environment, Pipeline } from 'apache-beam/proto/beam_runner_api';

const DOCKER_URN = 'beam:env:docker:v1';

/**
 * What our worker can do, and the service may rely on.
 *
 * `sibling_workers`: the service starts one container a machine and tells it how many worker processes to run, one for
 * each vCPU. `multi_core_bundle_processing` is left out on purpose: a Node process works on one bundle at a time, and
 * the service would otherwise give one process the bundles of all cores.
 */
export const CAPABILITIES = [
  'beam:coder:interval_window:v1',
  'beam:protocol:harness_monitoring_infos:v1',
  'beam:protocol:progress_reporting:v1',
  'beam:protocol:sibling_workers:v1',
] as const;

/** A copy of the graph whose steps run in `image`, which holds all code: nothing is staged. */
export function inDocker(graph: Pipeline, image: string): Pipeline {
  const copy = Pipeline.clone(graph);
  const { environments } = copy.components!;
  for (const id of Object.keys(environments)) {
    environments[id] = Environment.create({
      urn: DOCKER_URN,
      payload: DockerPayload.toBinary({ containerImage: image }),
      capabilities: [...CAPABILITIES],
    });
  }
  return copy;
}

/** The same graph gives the same bytes: its maps keep the order in which the graph was built. */
export function graphBytes(graph: Pipeline): Uint8Array {
  return Pipeline.toBinary(graph);
}

/** @throws where the bytes are no pipeline. */
export function graphOf(bytes: Uint8Array): Pipeline {
  return Pipeline.fromBinary(bytes);
}

/** The image the graph's steps run in; undefined where they run in no container. */
export function imageOf(graph: Pipeline): string | undefined {
  for (const { urn, payload } of Object.values(graph.components?.environments ?? {})) {
    if (urn === DOCKER_URN) return DockerPayload.fromBinary(payload).containerImage;
  }
  return undefined;
}
