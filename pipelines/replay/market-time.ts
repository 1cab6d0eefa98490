/** Market time of a replay: how far the rows have come, and when the next minute closes. */
import { floorTo, MINUTE_MS } from '../../schemas/primitives.ts';

/** Claims are counted in whole seconds. Unit: ms. */
export const SECOND_MS = 1_000;
/** Longest span that one step of a silence covers, so that days without a row stay small. */
export const STEP_MS = 60 * MINUTE_MS;

/** The watermark as the runner was last told it, and what it means for a row. */
export class MarketTime {
  newest = Number.NEGATIVE_INFINITY;
  watermark = Number.NEGATIVE_INFINITY;
  /** A row older than this belongs to a bar that has closed; one older than `#dropBefore` comes too late for it. */
  lateBefore = Number.NEGATIVE_INFINITY;
  dropBefore = Number.NEGATIVE_INFINITY;
  readonly #unit: number;
  readonly #allowedLatenessMs: number;

  /** @param unit Length of the bars that rows belong to. Unit: ms. */
  constructor(unit: number, allowedLatenessMs: number) {
    this.#unit = unit;
    this.#allowedLatenessMs = allowedLatenessMs;
  }

  /** Never falls. A bar ending at e has closed when e ≤ watermark, and is final when e + allowed lateness ≤ watermark. */
  tell(watermark: number): number {
    if (watermark > this.watermark) {
      this.watermark = watermark;
      this.lateBefore = floorTo(watermark, this.#unit);
      this.dropBefore = floorTo(watermark - this.#allowedLatenessMs, this.#unit);
    }
    return this.watermark;
  }

  /** True where this watermark would close another bar. */
  closesBar(watermark: number): boolean {
    return watermark >= this.lateBefore + this.#unit || this.lateBefore === Number.NEGATIVE_INFINITY;
  }
}
