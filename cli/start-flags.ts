/** Flags of `cst start`, as they were typed. */

import type { DashboardFlags } from './dashboard-flags.ts';
import type { ConfigFlags } from './option-kinds.ts';

/** Measured: at 200 the books of ten symbols keep one core busy, and beyond it the graph falls behind. */
export const MAX_SPEED = 120;

export interface StartFlags extends DashboardFlags, ConfigFlags {
  readonly live?: boolean;
  readonly symbols?: string;
  readonly speed: string;
  readonly seed: string;
  readonly params?: string;
  readonly desk?: string;
  readonly json?: boolean;
  readonly dir: string;
  readonly record?: string;
  readonly healthPort?: string;
  readonly for?: string;
}
