/** The signal graph as the proto that every engine takes. */
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import { pipelineOf } from './pipeline-of.ts';
import { buildSignals, type SignalOptions } from './signals.ts';

export function compileSignals(options: SignalOptions): Pipeline {
  return pipelineOf((root) => buildSignals(root, options));
}
