/** The gap ledger of recorded files: spans of bars that are not whole, one entry each. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { MINUTE_MS, type Venue } from '../../schemas/primitives.ts';

interface Known {
  readonly venue: Venue;
  /** Close of the newest bar. */
  until: number;
  /** Since when bars are not whole; null where the newest is. */
  gapFrom: number | null;
}

export class GapLedger {
  /** Minutes whose bar is missing, or not vouched for in all its seconds. */
  incompleteMinutes = 0;
  /** Minutes without a trade. */
  silentMinutes = 0;
  readonly #symbols = new Map<string, Known>();
  readonly #onGap: (event: FeedEvent) => void;

  constructor(onGap: (event: FeedEvent) => void) {
    this.#onGap = onGap;
  }

  /** Bars of a symbol in order of time, as they were known at their close; later revisions are passed over. */
  add({ venue, symbol, openTime, closeTime, coverage, volume }: FeatureRow): void {
    const known = this.#symbols.get(symbol) ?? { venue, until: openTime, gapFrom: null };
    if (closeTime <= known.until) return;
    this.#symbols.set(symbol, known);
    if (volume === 0) this.silentMinutes += 1;
    if (openTime > known.until) this.#lose(known, known.until, openTime);
    known.until = closeTime;
    if (coverage < 1) this.#lose(known, openTime, closeTime);
    else this.#end(symbol, known, openTime);
  }

  #lose(known: Known, from: number, to: number): void {
    known.gapFrom ??= from;
    this.incompleteMinutes += (to - from) / MINUTE_MS;
  }

  /** History is over: spans that are still open end with it. */
  end(): void {
    for (const [symbol, known] of [...this.#symbols].sort()) this.#end(symbol, known, known.until);
  }

  #end(symbol: string, known: Known, to: number): void {
    const { venue, gapFrom: from } = known;
    if (from === null) return;
    known.gapFrom = null;
    const what = {
      kind: 'GAP',
      ts: to,
      from,
      to,
      cause: 'bars of the recording that are not whole',
    } as const;
    const id = `${venue}:${symbol}:GAP:${to}`;
    this.#onGap({ id, venue, symbol, ...what, tradesRecovered: 0, resolved: false });
  }
}
