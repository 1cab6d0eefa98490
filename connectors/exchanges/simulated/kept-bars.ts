/** Bars of minutes that were folded once, in columns a day: a start asks for weeks of them, and as objects each takes five times as much. */
import type { MarketBar } from './market-bar.ts';

const DAY_MINUTES = 1_440;

/** 34 bytes a minute. Prices in whole ticks, size in whole lots, turnover in ticks × lots. */
interface Day {
  readonly open: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly close: Int32Array;
  readonly lots: Float64Array;
  readonly turnover: Float64Array;
  /** One more than there were, so that 0 is a minute that is not kept. */
  readonly trades: Uint16Array;
}

export class KeptBars {
  readonly #days = new Map<number, Day>();
  readonly #most: number;

  /** @param most Days kept; the first that was asked for goes. */
  constructor(most: number) {
    this.#most = most;
  }

  get(minute: number): MarketBar | undefined {
    const day = this.#days.get(Math.floor(minute / DAY_MINUTES));
    const at = minute % DAY_MINUTES;
    if (!day || day.trades[at] === 0) return undefined;
    return {
      open: day.open[at]!,
      high: day.high[at]!,
      low: day.low[at]!,
      close: day.close[at]!,
      lots: day.lots[at]!,
      turnover: day.turnover[at]!,
      trades: day.trades[at]! - 1,
    };
  }

  set(minute: number, bar: MarketBar): void {
    const day = this.#dayOf(Math.floor(minute / DAY_MINUTES));
    const at = minute % DAY_MINUTES;
    day.open[at] = bar.open;
    day.high[at] = bar.high;
    day.low[at] = bar.low;
    day.close[at] = bar.close;
    day.lots[at] = bar.lots;
    day.turnover[at] = bar.turnover;
    day.trades[at] = bar.trades + 1;
  }

  #dayOf(index: number): Day {
    const kept = this.#days.get(index);
    if (kept) return kept;
    if (this.#days.size >= this.#most) this.#days.delete(this.#days.keys().next().value!);
    const day = newDay();
    this.#days.set(index, day);
    return day;
  }
}

function newDay(): Day {
  return {
    open: new Int32Array(DAY_MINUTES),
    high: new Int32Array(DAY_MINUTES),
    low: new Int32Array(DAY_MINUTES),
    close: new Int32Array(DAY_MINUTES),
    lots: new Float64Array(DAY_MINUTES),
    turnover: new Float64Array(DAY_MINUTES),
    trades: new Uint16Array(DAY_MINUTES),
  };
}
