/** All that a chart is made of: the task, and what the state store knows of its pair. */
import type { BookSnapshot } from '../../../schemas/book-snapshot.ts';
import type { Candle } from '../../../schemas/candle.ts';
import type { ChartTask } from '../../../schemas/chart-task.ts';
import type { LevelSet } from '../../../schemas/level-set.ts';
import type { Position } from '../../trade-desk/state.ts';
import type { Frame } from './frame.ts';

/** What is shown of a position. */
export type ShownPosition = Pick<Position, 'status' | 'side' | 'entry' | 'tp' | 'sl' | 'since'>;

export interface ChartFacts {
  readonly task: ChartTask;
  readonly frame: Frame;
  /** Of the frame's interval, oldest first, with RSI_BARS before the frame where they are known. */
  readonly candles: readonly Candle[];
  /** Newest levels of the pair. */
  readonly levels: LevelSet | null;
  /** Newest snapshot of the pair; of no concern to a signal's chart. */
  readonly snapshot: BookSnapshot | null;
  /** Positions and resting orders of the pair, of all books; of no concern to a signal's chart. */
  readonly positions: readonly ShownPosition[];
}
