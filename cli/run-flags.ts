/** Flags of `cst run`. */
import type { DashboardFlags } from './dashboard-flags.ts';
import type { ConfigFlags } from './option-kinds.ts';

export const RUN_BUSES = ['embedded', 'pubsub'] as const;
export const RUN_RUNNERS = ['embedded', 'flink'] as const;

export interface RunFlags extends DashboardFlags, ConfigFlags {
  readonly bus: (typeof RUN_BUSES)[number];
  readonly runner: (typeof RUN_RUNNERS)[number];
  readonly project?: string;
  readonly create?: boolean;
  readonly symbols?: readonly string[];
  readonly universe?: number;
  readonly params?: string;
  readonly dir?: string;
  readonly restUrl?: string;
  readonly healthPort?: number;
  readonly flinkMaster?: string;
  readonly workerPool?: string;
  readonly workerImage?: string;
  readonly checkpoints?: string;
  /** Unit: s. */
  readonly checkpointEvery?: number;
  readonly restore?: string;
  readonly parallelism?: number;
}

/** Of --runner flink alone. */
export const FLINK_FLAGS = [
  'flinkMaster',
  'workerPool',
  'workerImage',
  'checkpoints',
  'checkpointEvery',
  'restore',
  'parallelism',
] as const satisfies (keyof RunFlags)[];

/** Of --bus embedded alone. */
export const STACK_FLAGS = [
  'dashboardPort',
  'dashboardHost',
  'replays',
  'open',
] as const satisfies (keyof RunFlags)[];
