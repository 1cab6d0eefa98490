/** What the exchange refuses, for people: once a symbol, until it has been subscribed. */
import { FeedEvent } from '../../schemas/feed-event.ts';
import type { FeedMessages } from './feed-io.ts';

export class Refusals {
  readonly #tell: (line: string) => void;
  readonly #told = new Set<string>();

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  look(all: readonly FeedMessages[]): void {
    for (const { topic, messages } of all) {
      if (topic !== 'feed-events') continue;
      for (const { data } of messages)
        this.#event(FeedEvent.parse(JSON.parse(new TextDecoder().decode(data))));
    }
  }

  #event({ kind, symbol, cause }: FeedEvent): void {
    if (kind === 'CONNECTED' || kind === 'REMOVED') this.#told.delete(symbol);
    if (kind !== 'REFUSED' || this.#told.has(symbol)) return;
    this.#told.add(symbol);
    this.#tell(
      `The exchange refuses ${symbol}: ${cause.replace(/\.$/, '')}. It is asked for again now and then.`,
    );
  }
}
