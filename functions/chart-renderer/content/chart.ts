/** What a chart says, before anything has a place: bars, lines, marks and texts. */
import type { LevelRole } from '../../../schemas/level-set.ts';
import type { PositionSide } from '../../../schemas/primitives.ts';
import type { Frame } from './frame.ts';

/** Times are ms, prices quote per base. */
export interface ChartBar {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Nobody traded in it. */
  readonly isFilled: boolean;
  /** It holds every trade there was. */
  readonly isComplete: boolean;
  /** RSI-7 as the strategies see it; null in warm-up or where price never moved. */
  readonly rsi: number | null;
}

export interface ChartLevel {
  readonly price: number;
  readonly role: LevelRole;
  /** Null where nobody knows any more. */
  readonly touches: number | null;
  /** Open times of the shown bars that came nearest, one of each visit. */
  readonly visits: readonly number[];
}

/** A line through (anchor, intercept); its slope is per hour. */
export interface ChartTrend {
  readonly intercept: number;
  readonly slope: number;
  readonly anchor: number;
}

export interface ChartTrade {
  readonly side: PositionSide;
  readonly entry: number;
  readonly tp: number;
  readonly sl: number;
  readonly from: number;
  /** Null while it is open. */
  readonly until: number | null;
}

export type MarkPane = 'price' | 'volume' | 'rsi';

/** A check: told in the header, and where it held marked at its bars. */
export interface ChartMark {
  readonly letter: string;
  readonly text: string;
  readonly holds: boolean;
  readonly pane: MarkPane;
  /** Open times; the letter stands at the last. */
  readonly bars: readonly number[];
}

export interface ChartExit {
  readonly at: number;
  readonly price: number | null;
  readonly isWin: boolean | null;
}

export interface Chart {
  readonly frame: Frame;
  readonly pair: string;
  readonly side: PositionSide | null;
  /** At the right of the title: the result, or the last price. */
  readonly badge: { readonly text: string; readonly isGood: boolean | null } | null;
  /** Below the title. */
  readonly facts: readonly string[];
  /** Something is wrong that a trader must see. */
  readonly warning: string | null;
  readonly marks: readonly ChartMark[];
  readonly bars: readonly ChartBar[];
  readonly levels: readonly ChartLevel[];
  readonly trends: readonly ChartTrend[];
  readonly trades: readonly ChartTrade[];
  /** Close of the signal's bar. */
  readonly signalAt: number | null;
  readonly hasSignalBar: boolean;
  readonly exit: ChartExit | null;
  readonly lastPrice: number | null;
  readonly decimals: number;
  readonly reason: string;
  readonly footer: string;
}
