/** The MACRO engine over history: what it looks back on, as the state store would give it, and its decision at a slot. */
import type { Judged } from '../../functions/macro-engine/confidence.ts';
import { TIMEFRAMES, type Timeframe } from '../../functions/macro-engine/confidence.ts';
import { type MacroDecision, macroOf, macroSpans } from '../../functions/macro-engine/macro.ts';
import type { Candle } from '../../schemas/candle.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';

/** Slots after which what was judged is judged again: it would else be kept for as long as history is. */
const KEPT_SLOTS = 96;

/** Of one instrument. */
export class MacroMemory {
  readonly #pair: string;
  readonly #params: MacroParams;
  readonly #bars: Record<Timeframe, Map<number, Candle>>;
  #judged: Judged = new Map();
  #slots = 0;

  constructor(pair: string, params: MacroParams) {
    this.#pair = pair;
    this.#params = params;
    this.#bars = { '5m': new Map(), '15m': new Map(), '1h': new Map(), '4h': new Map() };
  }

  /** The highest revision of a bar holds. */
  add(candle: Candle): void {
    const { interval, openTime, revision } = candle;
    if (interval === '1m') return;
    const bars = this.#bars[interval];
    if (revision <= (bars.get(openTime)?.revision ?? -1)) return;
    // A bar in the midst of those that were judged.
    if (openTime <= newestOf(bars)) this.#judged = new Map();
    bars.set(openTime, candle);
  }

  /** @param slot Never older than the one before. Unit: ms since the epoch. */
  decide(slot: number): MacroDecision {
    if (this.#slots++ % KEPT_SLOTS === 0) this.#judged = new Map();
    const spans = macroSpans(slot, this.#params);
    for (const { timeframe, fromMs } of spans) forget(this.#bars[timeframe], fromMs);
    const candles = TIMEFRAMES.flatMap((timeframe) => [...this.#bars[timeframe].values()]);
    return macroOf(this.#pair, candles, this.#params, this.#judged)(slot);
  }
}

function newestOf(bars: ReadonlyMap<number, Candle>): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (const openTime of bars.keys()) if (openTime > newest) newest = openTime;
  return newest;
}

function forget(bars: Map<number, Candle>, beforeMs: number): void {
  for (const openTime of bars.keys()) if (openTime < beforeMs) bars.delete(openTime);
}
