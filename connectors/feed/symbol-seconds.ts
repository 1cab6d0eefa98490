/** The seconds of one symbol: told once they are over, and vouched for later where they were not proven by then. */
import type { Continuity } from './continuity.ts';
import type { Instant } from './feed-io.ts';
import type { FeedOut } from './feed-out.ts';
import { claimMessage, snapshotMessage } from './messages.ts';
import { OwedSeconds } from './owed-seconds.ts';
import { NO_FEED, type Progress, Seconds } from './seconds.ts';
import type { SymbolBooks } from './symbol-books.ts';
import type { SymbolState } from './symbol-state.ts';
import type { Witness } from './witness.ts';

export interface SymbolSecondsOptions {
  readonly state: SymbolState;
  readonly books: SymbolBooks;
  readonly witness: Witness;
  readonly continuity: Continuity;
  readonly out: FeedOut;
  /** From when on all is owed. Market ms. */
  readonly startMs: number;
}

export class SymbolSeconds {
  readonly #options: SymbolSecondsOptions;
  readonly #seconds: Seconds;
  readonly #owed = new OwedSeconds();
  /** Newest time at which the exchange sent something of the symbol. */
  #exchangeTime = Number.NEGATIVE_INFINITY;

  constructor(options: SymbolSecondsOptions) {
    this.#options = options;
    this.#seconds = new Seconds(options.state.since);
    this.#owed.add(options.startMs, this.#seconds.next);
  }

  /** The exchange has sent something of the symbol. */
  stamped(ts: number): void {
    if (ts > this.#exchangeTime) this.#exchangeTime = ts;
  }

  /** Snapshots of these were never published. @param isProven They said that all was well. */
  dropped(from: number, to: number, isProven: boolean): void {
    isProven ? this.#owed.addProven(from, to) : this.#owed.add(from, to);
  }

  /** Nothing will prove them any more. */
  lost(from: number, to: number): void {
    this.#owed.forget(from, to);
  }

  areDue(at: Instant): boolean {
    return this.#seconds.areDue(at, this.#progress());
  }

  /** Those that are over, then claims; what was traded in them has been published. */
  flush(at: Instant): void {
    if (this.areDue(at)) this.#tell(at);
    this.#claim(at);
  }

  #tell(at: Instant): void {
    const { state, books, witness, continuity, out } = this.#options;
    let told = this.#seconds.next;
    for (const second of this.#seconds.take(at, this.#progress())) {
      const end = second + 1_000;
      const connected = !witness.isWaiting && continuity.vouches(second, end);
      // Also seconds that were left out because there were too many.
      if (!connected || told < second) this.#owed.add(told, connected ? second : end);
      told = end;
      const snapshot = state.snapshot(second, connected, at.market, books);
      out.message('book-snapshots', snapshotMessage(snapshot, state));
      state.markSecond();
    }
  }

  #claim(at: Instant): void {
    const { state, witness, continuity, out } = this.#options;
    if (witness.isWaiting) return;
    for (const claim of this.#owed.take(continuity)) {
      const sending = { ...state.sending(at.market), last: state.knownAt(claim.toMs) };
      out.message('raw-tick-data', claimMessage(state.venue, state.symbol, claim, sending));
    }
  }

  #progress(): Progress {
    const { continuity } = this.#options;
    return continuity.isUp ? { own: this.#exchangeTime, proven: continuity.frontier } : NO_FEED;
  }
}
