/** What a run tells about its steps. */

import '../../../transforms/sdk.beam.ts';
import type { MonitoringInfo } from 'apache-beam/proto/metrics';
import { aggregateMetrics, type MetricsContainer, MetricsShortIdCache } from 'apache-beam/worker/metrics';
import type { Graph } from './graph.ts';
import { GroupOperator } from './group.ts';
import type { Plan } from './plan.ts';
import type { Source } from './sources.ts';

export interface StepMetrics {
  /** Unique name in the pipeline. */
  readonly step: string;
  readonly elementsIn: number;
  readonly elementsOut: number;
  /** Elements that came after one of their windows had closed, and were still taken. */
  readonly late: number;
  /** Windows that elements came too late for: an element may miss several overlapping ones. */
  readonly droppedLate: number;
  /** Elements kept for windows that may still fire. */
  readonly held: number;
  /** Event time this step has come to; ±Infinity before the first and after the last. Unit: ms since the epoch. */
  readonly watermarkMs: number;
  /** Newest event time read by the sources above the step − its watermark; 0 where either is unknown. Unit: ms. */
  readonly lagMs: number;
}

export interface RunSummary {
  /** Ended by drain(), not because all sources had ended. */
  readonly drained: boolean;
  readonly steps: readonly StepMetrics[];
  /** The functions' own counters, by name, summed over steps. */
  readonly counters: Readonly<Record<string, number>>;
  /** Messages whose windows have not fired: another run will get them again. */
  readonly unacknowledged: number;
}

export function stepMetrics(plan: Plan, graph: Graph, sources: readonly Source[]): StepMetrics[] {
  const groups = new Map(
    graph.nodes.flatMap(({ step, operator }) =>
      operator instanceof GroupOperator ? [[step.id, operator] as const] : [],
    ),
  );
  const count = (ids: readonly string[]) => ids.reduce((sum, id) => sum + graph.pipes.get(id)!.count, 0);
  return plan.steps.map((step) => {
    const { late = 0, droppedLate = 0, held = 0 } = groups.get(step.id) ?? {};
    const above = sources.filter(({ id }) => step.sources.includes(id));
    const watermarkMs = Math.min(...above.map(({ watermark }) => watermark));
    const lagMs = Math.max(...above.map(({ newest }) => newest)) - watermarkMs;
    return {
      step: step.name,
      elementsIn: count(step.inputs),
      elementsOut: count(step.outputs),
      late,
      droppedLate,
      held,
      watermarkMs,
      lagMs: Number.isFinite(lagMs) ? Math.max(0, lagMs) : 0,
    };
  });
}

/** The functions' metrics as the SDK reports them. */
export function monitoringInfos(counters: MetricsContainer): MonitoringInfo[] {
  const ids = new MetricsShortIdCache();
  return [...counters.monitoringData(ids)].map(([id, payload]) => ids.asMonitoringInfo(id, payload));
}

export function counterTotals(counters: MetricsContainer): Record<string, number> {
  return Object.fromEntries(aggregateMetrics(monitoringInfos(counters), 'beam:metric:user:sum_int64:v1'));
}
