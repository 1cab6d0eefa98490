/** The graph as the proto that every engine takes. */
import '../transforms/sdk.beam.ts';
import { Pipeline } from 'apache-beam/internal/pipeline';
import type { Pipeline as PipelineProto } from 'apache-beam/proto/beam_runner_api';
import { Root } from 'apache-beam/pvalue';
import { buildSignals, type SignalOptions } from './signals.ts';

export function compileSignals(options: SignalOptions): PipelineProto {
  const pipeline = new Pipeline();
  buildSignals(new Root(pipeline), options);
  return pipeline.getProto();
}
