/** Flags of `cst relay` and `cst record`, as they were typed. */

export const RELAY_BUSES = ['embedded', 'pubsub'] as const;
/** Connections that carry each stream. */
export const MAX_COPIES = 2;
export const MAX_UNIVERSE = 500;

export interface FeedFlags {
  readonly venue: string;
  readonly symbols?: string;
  readonly universe?: string;
  readonly copies: string;
  readonly wsUrl?: string;
  readonly restUrl?: string;
  readonly keepDays?: string;
  readonly keepGb?: string;
  readonly healthPort?: string;
  readonly for?: string;
}

export interface RelayFlags extends FeedFlags {
  readonly bus: string;
  readonly project?: string;
  readonly create?: boolean;
  readonly dir: string;
  readonly record?: string;
  readonly spill?: string;
  readonly lease?: string;
}

export interface RecordFlags extends FeedFlags {
  readonly out?: string;
}
