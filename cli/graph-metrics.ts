/** How a running graph is, of this moment: for its health, and by the names of schemas/metrics.ts. */
import { type Sample, sample } from '../connectors/metrics/meter.ts';
import type { GraphService } from '../pipelines/graph-service.ts';
import type { StepMetrics } from '../pipelines/runners/embedded/metrics.ts';
import type { Health } from './health.ts';

type Graph = Pick<GraphService, 'steps' | 'backlog' | 'lastPublishMs'>;

/** @param nowMs Of the graph's clock. */
export function graphHealth(graph: Graph, nowMs: number, isStopping: boolean): Health {
  const steps = graph.steps();
  const watermarkMs = Math.min(...steps.map((step) => step.watermarkMs));
  const state = steps.length === 0 ? 'warming' : 'running';
  return {
    state: isStopping ? 'stopping' : state,
    watermarkMs: Number.isFinite(watermarkMs) ? watermarkMs : null,
    lastPublishMs: graph.lastPublishMs,
    backlog: graph.backlog() ?? null,
    nowMs,
  };
}

/** @param nowMs Of the graph's clock. */
export function* graphSamples(graph: Graph, nowMs: number): Iterable<Sample> {
  const { state, watermarkMs, lastPublishMs, backlog } = graphHealth(graph, nowMs, false);
  const age = (ms: number | null) => (ms === null ? null : Math.max(0, nowMs - ms) / 1_000);
  const steps = graph.steps();
  const sum = (of: (step: StepMetrics) => number) => steps.reduce((total, step) => total + of(step), 0);
  yield sample('cst_graph_running', state === 'running');
  yield sample('cst_graph_watermark_lag_seconds', age(watermarkMs));
  yield sample('cst_graph_input_age_seconds', age(newestRead(steps)));
  yield sample('cst_graph_last_publish_age_seconds', age(lastPublishMs));
  yield sample('cst_graph_backlog_messages', backlog);
  yield sample(
    'cst_graph_held_elements',
    sum(({ held }) => held),
  );
  yield sample(
    'cst_graph_late_total',
    sum(({ late }) => late),
  );
  yield sample(
    'cst_graph_dropped_total',
    sum(({ droppedLate }) => droppedLate),
  );
  for (const { step, elementsIn } of steps) {
    yield sample('cst_graph_step_elements_total', elementsIn, { step });
  }
}

/** Newest event time that any source has read. Unit: ms. */
function newestRead(steps: readonly StepMetrics[]): number | null {
  const read = steps.map(({ watermarkMs, lagMs }) => watermarkMs + lagMs).filter(Number.isFinite);
  return read.length > 0 ? Math.max(...read) : null;
}
