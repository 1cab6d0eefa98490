/** Flags of `cst run`, as they were typed. */

import type { DashboardFlags } from './dashboard-flags.ts';
import type { ConfigFlags } from './option-kinds.ts';

export const RUN_BUSES = ['embedded', 'pubsub'] as const;
export const RUN_RUNNERS = ['embedded', 'flink'] as const;

export interface RunFlags extends DashboardFlags, ConfigFlags {
  readonly bus: string;
  readonly runner: string;
  readonly project?: string;
  readonly create?: boolean;
  readonly symbols?: string;
  readonly universe?: string;
  readonly params?: string;
  readonly dir?: string;
  readonly restUrl?: string;
  readonly healthPort?: string;
  readonly flinkMaster?: string;
  readonly workerPool?: string;
  readonly workerImage?: string;
  readonly checkpoints?: string;
  readonly checkpointEvery?: string;
  readonly restore?: string;
  readonly parallelism?: string;
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
