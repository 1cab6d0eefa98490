/** The gap ledger of recorded files: spans of bars that are not whole, and long ones without a trade, one entry each. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { MINUTE_MS, type Venue } from '../../schemas/primitives.ts';

interface Known {
  readonly venue: Venue;
  /** Close of the newest bar. */
  until: number;
  /** Since when bars are not whole; null where the newest is. */
  gapFrom: number | null;
  /** Since when nothing was traded; null where the newest bar has trades, or is not whole. */
  silentFrom: number | null;
}

/** A pair worth trading has no such silence: its file may have a hole. */
const LONG_SILENCE_MS = 15 * MINUTE_MS;

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
    const known = this.#symbols.get(symbol) ?? {
      venue,
      until: openTime,
      gapFrom: null,
      silentFrom: null,
    };
    if (closeTime <= known.until) return;
    this.#symbols.set(symbol, known);
    if (volume === 0) this.silentMinutes += 1;
    if (openTime > known.until) this.#lose(known, known.until, openTime);
    known.until = closeTime;
    if (volume === 0 && coverage === 1) known.silentFrom ??= openTime;
    else this.#endSilence(symbol, known, openTime);
    if (coverage < 1) this.#lose(known, openTime, closeTime);
    else this.#endGap(symbol, known, openTime);
  }

  #lose(known: Known, from: number, to: number): void {
    known.gapFrom ??= from;
    this.incompleteMinutes += (to - from) / MINUTE_MS;
  }

  /** History is over: spans that are still open end with it. */
  end(): void {
    for (const [symbol, known] of [...this.#symbols].sort()) {
      this.#endSilence(symbol, known, known.until);
      this.#endGap(symbol, known, known.until);
    }
  }

  #endGap(symbol: string, known: Known, to: number): void {
    const { venue, gapFrom: from } = known;
    known.gapFrom = null;
    if (from !== null)
      this.#tell({ venue, symbol, from, to, cause: 'bars of the recording that are not whole' });
  }

  #endSilence(symbol: string, known: Known, to: number): void {
    const { venue, silentFrom: from } = known;
    known.silentFrom = null;
    if (from !== null && to - from >= LONG_SILENCE_MS)
      this.#tell({ venue, symbol, from, to, cause: 'no trade in the recording: silence, or a hole' });
  }

  #tell(
    span: Pick<FeedEvent, 'venue' | 'symbol' | 'cause'> & { readonly from: number; readonly to: number },
  ): void {
    const { venue, symbol, to } = span;
    const id = `${venue}:${symbol}:GAP:${to}`;
    this.#onGap({ id, kind: 'GAP', ts: to, ...span, tradesRecovered: 0, resolved: false });
  }
}
