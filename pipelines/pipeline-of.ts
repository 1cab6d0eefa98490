/** A graph as the proto that runners take, for those who do not know Beam. */
import '../transforms/sdk.beam.ts';
import { Pipeline } from 'apache-beam/internal/pipeline';
import type { Pipeline as PipelineProto } from 'apache-beam/proto/beam_runner_api';
import { Root } from 'apache-beam/pvalue';

/** `build` adds its steps to the root, as `buildSignals` does. */
export function pipelineOf(build: (root: Root) => void): PipelineProto {
  const pipeline = new Pipeline();
  build(new Root(pipeline));
  return pipeline.getProto();
}
