/** What runs the graph of a replay. Twins: the embedded runner here, portable engines in `runners/portable`. */
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import type { SourceReader } from '../runners/embedded/edges.ts';
import { EmbeddedRunner } from '../runners/embedded/runner.ts';

export interface ReplayEnds {
  /** The source behind a subscription of the graph, by its name. */
  openSource(subscription: string): SourceReader;
  /** Takes one serialized PubsubMessage that the graph published; copies do no harm. */
  take(topic: string, bytes: Uint8Array): void;
}

export interface ReplayEngine {
  /** Resolves when the sources have ended and all that the graph published has been taken. */
  run(pipeline: Pipeline, ends: ReplayEnds): Promise<void>;
}

export const EMBEDDED_ENGINE: ReplayEngine = {
  async run(pipeline, { openSource, take }) {
    const edges = { openSource, write: take, flush: () => undefined };
    const { done } = await new EmbeddedRunner({ edges }).start(pipeline);
    await done;
  },
};
