/** Flags of `cst run`, as they were typed. */

export const RUN_BUSES = ['embedded', 'pubsub'] as const;
export const RUN_RUNNERS = ['embedded', 'flink'] as const;

export interface RunFlags {
  readonly bus: string;
  readonly runner: string;
  readonly project?: string;
  readonly create?: boolean;
  readonly symbols?: string;
  readonly params?: string;
  readonly dir?: string;
  readonly restUrl?: string;
  readonly healthPort?: string;
}
