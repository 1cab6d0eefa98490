/** Flags of `cst relay` and `cst record`. */
import type { Venue } from '../schemas/primitives.ts';
import type { NumberRange } from './flags.ts';

export const RELAY_BUSES = ['embedded', 'pubsub'] as const;
/** Connections that carry each stream. */
export const MAX_COPIES = 2;
export const UNIVERSES: NumberRange = { min: 1, max: 500, isWhole: true };

export interface FeedFlags {
  readonly venue: Venue;
  readonly symbols?: readonly string[];
  readonly universe?: number;
  readonly copies: number;
  readonly wsUrl?: string;
  readonly restUrl?: string;
  readonly keepDays?: number;
  readonly keepGb?: number;
  readonly healthPort?: number;
  /** Unit: s. */
  readonly for?: number;
}

export interface RelayFlags extends FeedFlags {
  readonly bus: (typeof RELAY_BUSES)[number];
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
