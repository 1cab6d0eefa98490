/** Flags of `cst start`. */
import type { DashboardFlags } from './dashboard-flags.ts';
import type { NumberRange } from './flags.ts';
import type { ConfigFlags } from './option-kinds.ts';

/** Measured: at 200 the books of ten symbols keep one core busy, and beyond it the graph falls behind. */
export const SPEEDS: NumberRange = { min: 0.1, max: 120 };

export interface StartFlags extends DashboardFlags, ConfigFlags {
  readonly live?: boolean;
  readonly symbols?: readonly string[];
  readonly speed: number;
  readonly seed: number;
  readonly params?: string;
  readonly desk?: string;
  readonly json?: boolean;
  readonly dir: string;
  readonly record?: string;
  readonly healthPort?: number;
  /** Unit: s. */
  readonly for?: number;
}
