/** A venue's feed with its sockets and REST, as a relay has them, in virtual time; all that it publishes is kept. */
import { createHash } from 'node:crypto';
import type { ExchangeTwin } from '../../connectors/exchanges/simulated/twin.ts';
import type { VenueAdapter, VenueRest } from '../../connectors/exchanges/venue.ts';
import { Feed } from '../../connectors/feed/feed.ts';
import type { FeedCommand, FeedInput } from '../../connectors/feed/feed-io.ts';
import type { ReplayedInput } from '../../connectors/journal/replay.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import type { VirtualTime } from './virtual-time.ts';
import { Wire } from './wire.ts';

export interface LaneOptions {
  readonly time: VirtualTime;
  readonly twin: ExchangeTwin;
  readonly adapter: VenueAdapter;
  readonly symbols: readonly string[];
  readonly copies: number;
  readonly seed: number;
}

/** How often the exchange is asked which of the symbols it trades. Unit: ms. */
const UNIVERSE_MS = 60_000;

export class Lane {
  readonly feed: Feed;
  readonly published: ReplayedInput[] = [];
  readonly ledger: FeedEvent[] = [];
  frames = 0;
  fetches = 0;
  unfetched = 0;
  readonly #options: LaneOptions;
  readonly #rest: VenueRest;
  readonly #wires = new Map<number, Wire>();
  readonly #hash = createHash('sha256');
  #wiresMade = 0;

  constructor(options: LaneOptions) {
    const { time, adapter, copies, seed, symbols } = options;
    this.#options = options;
    const now = time.now();
    this.feed = new Feed({ adapter, copies, seed, startedAt: { market: now, network: now } });
    this.#rest = adapter.rest({ baseUrl: adapter.restUrl, clock: time, seed });
    this.give({ kind: 'symbols', symbols });
    time.after(UNIVERSE_MS, () => void this.#askUniverse());
    time.stir();
  }

  /** Of all that was published and commanded. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  tick(): void {
    const { market, network } = this.feed.nextDue;
    if (Math.min(market, network) <= this.#options.time.now()) this.give({ kind: 'tick' });
  }

  give(input: FeedInput): void {
    const now = this.#options.time.now();
    const at = { market: now, network: now };
    const isFrame = input.kind === 'frame';
    if (isFrame) this.frames++;
    const { commands, messages } = this.feed.apply(input, at);
    if (messages.length > 0) this.published.push({ at, isFrame, messages });
    for (const { topic, messages: own } of messages) {
      for (const { data, attributes } of own) {
        this.#hash.update(JSON.stringify(attributes)).update(data);
        if (topic === 'feed-events')
          this.ledger.push(FeedEvent.parse(JSON.parse(Buffer.from(data).toString())));
      }
    }
    for (const command of commands) {
      this.#hash.update(JSON.stringify(command));
      this.#obey(command);
    }
  }

  #obey(command: FeedCommand): void {
    if (command.kind === 'fetch') {
      this.#options.time.stir();
      void this.#fetch(command);
      return;
    }
    const { connection } = command;
    const wire = this.#wires.get(connection);
    if (command.kind === 'open') {
      const { time, twin, adapter, seed } = this.#options;
      const give = (input: FeedInput) => this.give(input);
      const own = seed * 1_000 + this.#wiresMade++;
      this.#wires.set(connection, new Wire({ time, twin, adapter, connection, seed: own, give }));
    } else if (command.kind === 'send') wire?.send(command.frame);
    else if (command.kind === 'reconnect') wire?.reconnect(command.reason);
    else {
      wire?.close();
      this.#wires.delete(connection);
    }
  }

  async #fetch({ fetchId, symbol, from }: Extract<FeedCommand, { kind: 'fetch' }>): Promise<void> {
    this.fetches++;
    const input = await this.#rest.trades({ symbol, from }).then(
      (trades) => ({ kind: 'fetched', fetchId, trades }) as const,
      (error: Error) => ({ kind: 'unfetched', fetchId, reason: error.message }) as const,
    );
    if (input.kind === 'unfetched') this.unfetched++;
    this.give(input);
  }

  /** Whoever runs relays keeps halted symbols and lets go of those that are gone. */
  async #askUniverse(): Promise<void> {
    const { time, symbols } = this.#options;
    for (;;) {
      const found = await this.#rest.instruments().catch(() => null);
      if (found) {
        const listed = new Map(found.map(({ symbol, status }) => [symbol, status]));
        const wanted = symbols.filter((symbol) => (listed.get(symbol) ?? 'closed') !== 'closed');
        const halted = wanted.filter((symbol) => listed.get(symbol) === 'halted');
        this.give({ kind: 'symbols', symbols: wanted, halted });
      }
      await time.until(time.now() + UNIVERSE_MS);
    }
  }
}
