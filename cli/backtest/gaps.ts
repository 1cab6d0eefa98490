/** The gap ledger of recorded files: spans of bars that are not whole, one entry each. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import type { Venue } from '../../schemas/primitives.ts';

interface Span {
  readonly venue: Venue;
  readonly symbol: string;
  readonly from: number;
  to: number;
}

export class GapLedger {
  /** Minutes of bars with less than all their seconds vouched for; minutes without a trade. */
  incompleteMinutes = 0;
  silentMinutes = 0;
  readonly #open = new Map<string, Span>();
  readonly #newest = new Map<string, number>();
  readonly #onGap: (event: FeedEvent) => void;

  constructor(onGap: (event: FeedEvent) => void) {
    this.#onGap = onGap;
  }

  /** Bars of a symbol in order of time, as they were known at their close; later revisions are passed over. */
  add({ venue, symbol, openTime, closeTime, coverage, volume }: FeatureRow): void {
    if (closeTime <= (this.#newest.get(symbol) ?? 0)) return;
    this.#newest.set(symbol, closeTime);
    if (volume === 0) this.silentMinutes += 1;
    const span = this.#open.get(symbol);
    if (coverage === 1) {
      this.#end(symbol);
      return;
    }
    this.incompleteMinutes += 1;
    if (span?.to === openTime) span.to = closeTime;
    else {
      this.#end(symbol);
      this.#open.set(symbol, { venue, symbol, from: openTime, to: closeTime });
    }
  }

  /** History is over: spans that are still open end with it. */
  end(): void {
    for (const symbol of [...this.#open.keys()].sort()) this.#end(symbol);
  }

  #end(symbol: string): void {
    const span = this.#open.get(symbol);
    if (!span) return;
    this.#open.delete(symbol);
    const { venue, from, to } = span;
    const what = {
      kind: 'GAP',
      ts: to,
      from,
      to,
      cause: 'bars of the recording that are not whole',
    } as const;
    this.#onGap({
      id: `${venue}:${symbol}:GAP:${to}`,
      venue,
      symbol,
      ...what,
      tradesRecovered: 0,
      resolved: false,
    });
  }
}
