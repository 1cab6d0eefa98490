/** The gap ledger as it is written: events of the feed, each with an id of its own. */
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { streamKey, type Venue } from '../../schemas/primitives.ts';
import type { FeedOut } from './feed-out.ts';
import { feedEventMessage } from './messages.ts';

export type Entry = Pick<FeedEvent, 'kind' | 'cause'> &
  Partial<Pick<FeedEvent, 'from' | 'to' | 'tradesRecovered' | 'resolved'>>;

export class Ledger {
  readonly #venue: Venue;
  readonly #out: FeedOut;
  /** Entries of the newest moment, by their ids. */
  #written = new Map<string, number>();
  #writtenAt = Number.NaN;

  constructor(venue: Venue, out: FeedOut) {
    this.#venue = venue;
    this.#out = out;
  }

  /** @param ts When it was noticed. Unit: market ms. */
  write(symbol: string, ts: number, entry: Entry): void {
    const { kind, cause, from = null, to = null, tradesRecovered = 0, resolved = false } = entry;
    const event = { venue: this.#venue, symbol, kind, ts, from, to, cause, tradesRecovered, resolved };
    this.#out.message('feed-events', feedEventMessage({ id: this.#idOf(symbol, kind, ts), ...event }));
  }

  #idOf(symbol: string, kind: string, ts: number): string {
    if (ts !== this.#writtenAt) this.#written.clear();
    this.#writtenAt = ts;
    const id = `${streamKey(this.#venue, symbol)}:${kind}:${ts}`;
    const before = this.#written.get(id) ?? 0;
    this.#written.set(id, before + 1);
    return before === 0 ? id : `${id}:${before}`;
  }
}
