/** Bars of one length that were folded once, in columns a page: a start asks for weeks of them, and as objects each takes five times as much. */
import type { MarketBar } from './market-bar.ts';

const PAGE_BARS = 1_440;

/** 34 bytes a bar. Prices in whole ticks, size in whole lots, turnover in ticks × lots. */
interface Page {
  readonly open: Int32Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly close: Int32Array;
  readonly lots: Float64Array;
  readonly turnover: Float64Array;
  /** One more than there were, so that 0 is a bar that is not kept. */
  readonly trades: Uint16Array;
}

export class KeptBars {
  readonly #pages = new Map<number, Page>();
  readonly #most: number;

  /** @param most Pages kept; the first that was asked for goes. */
  constructor(most: number) {
    this.#most = most;
  }

  get(index: number): MarketBar | undefined {
    const page = this.#pages.get(Math.floor(index / PAGE_BARS));
    const at = index % PAGE_BARS;
    if (!page || page.trades[at] === 0) return undefined;
    return {
      open: page.open[at]!,
      high: page.high[at]!,
      low: page.low[at]!,
      close: page.close[at]!,
      lots: page.lots[at]!,
      turnover: page.turnover[at]!,
      trades: page.trades[at]! - 1,
    };
  }

  set(index: number, bar: MarketBar): void {
    const page = this.#pageOf(Math.floor(index / PAGE_BARS));
    const at = index % PAGE_BARS;
    page.open[at] = bar.open;
    page.high[at] = bar.high;
    page.low[at] = bar.low;
    page.close[at] = bar.close;
    page.lots[at] = bar.lots;
    page.turnover[at] = bar.turnover;
    page.trades[at] = bar.trades + 1;
  }

  #pageOf(number: number): Page {
    const kept = this.#pages.get(number);
    if (kept) return kept;
    if (this.#pages.size >= this.#most) this.#pages.delete(this.#pages.keys().next().value!);
    const page = newPage();
    this.#pages.set(number, page);
    return page;
  }
}

function newPage(): Page {
  return {
    open: new Int32Array(PAGE_BARS),
    high: new Int32Array(PAGE_BARS),
    low: new Int32Array(PAGE_BARS),
    close: new Int32Array(PAGE_BARS),
    lots: new Float64Array(PAGE_BARS),
    turnover: new Float64Array(PAGE_BARS),
    trades: new Uint16Array(PAGE_BARS),
  };
}
