/** What a soak runs: a feed with its outbox before a bus that keeps nothing, on one connection to a market. */
import { ManualClock } from '../connectors/clock/manual.ts';
import { bybitAdapter } from '../connectors/exchanges/bybit/adapter.ts';
import { Feed } from '../connectors/feed/feed.ts';
import type { FeedCommand, FeedInput } from '../connectors/feed/feed-io.ts';
import { type Outbox, openOutbox } from '../connectors/outbox/outbox.ts';
import { START } from './market.ts';
import type { SoakMarket } from './soak-market.ts';
import { SoakTally } from './soak-tally.ts';

const STEP_MS = 100;
const HOUR_MS = 3_600_000;
/** Each hour the connection is away for so long, while the market goes on. Unit: ms. */
const AWAY_MS = 2_000;
const AWAY_AT_MS = HOUR_MS / 2 + 1_300;
/** Until what was under way has come. Unit: ms. */
const TAIL_MS = 2_000;

export class Soak {
  readonly tally = new SoakTally();
  readonly market: SoakMarket;
  readonly #clock = new ManualClock(START);
  readonly #feed: Feed;
  #outbox: Outbox | undefined;
  #requests: string[] = [];
  #fetches: Extract<FeedCommand, { kind: 'fetch' }>[] = [];
  #isUp = false;
  #isWhole = false;

  constructor(market: SoakMarket) {
    this.market = market;
    const startedAt = { market: START, network: START };
    this.#feed = new Feed({ adapter: bybitAdapter({ bookDepth: 50 }), startedAt });
  }

  async open(): Promise<void> {
    this.#outbox = await openOutbox({
      clock: this.#clock,
      spillDir: null,
      bus: { publish: async (topic, messages) => this.tally.take(topic, messages) },
      onDropped: ({ topic }) => {
        throw new Error(`Expected a bus that takes everything, got ${topic} dropped.`);
      },
    });
    this.#give({ kind: 'symbols', symbols: this.market.symbols });
  }

  /** Until so long after the start. */
  async playTo(ms: number): Promise<void> {
    while (this.#clock.now() < START + ms) {
      await this.#clock.advanceTo(this.#clock.now() + STEP_MS);
      // What was published is told in turns of the event loop.
      if (this.#clock.now() % 1_000 === 0) await new Promise(setImmediate);
      this.#step(this.#clock.now());
    }
  }

  /** No more is traded; what is under way comes. */
  async end(): Promise<Record<string, number>> {
    this.market.isOver = true;
    await this.playTo(this.#clock.now() - START + TAIL_MS);
    this.#give({ kind: 'stop' });
    await new Promise(setImmediate);
    const now = this.#clock.now();
    const { symbols, unreadableFrames, bufferedTrades } = this.#feed.stats({ market: now, network: now });
    const sum = (of: 'openGaps' | 'lostGaps' | 'recoveredTrades' | 'duplicateTrades') =>
      symbols.reduce((total, each) => total + each[of], 0);
    return {
      openGaps: sum('openGaps'),
      lostGaps: sum('lostGaps'),
      unreadableFrames,
      bufferedTrades,
      recoveredTrades: sum('recoveredTrades'),
      duplicateTrades: sum('duplicateTrades'),
      waiting: this.#outbox!.stats().depth,
    };
  }

  #step(ms: number): void {
    const sinceHour = (ms - START) % HOUR_MS;
    if (sinceHour === AWAY_AT_MS) this.#away();
    if (sinceHour === AWAY_AT_MS + AWAY_MS) this.#give({ kind: 'opened', connection: 0 });
    this.#answer(ms);
    for (const frame of this.market.frames(ms)) if (this.#isWhole) this.#frame(frame);
    const { market, network } = this.#feed.nextDue;
    if (ms >= Math.min(market, network)) this.#give({ kind: 'tick' });
  }

  #away(): void {
    this.#isUp = false;
    this.#isWhole = false;
    this.#requests = [];
    this.#give({ kind: 'closed', connection: 0, reason: 'The exchange ends sessions now and then.' });
  }

  /** What was asked for in the step before. */
  #answer(ms: number): void {
    const [fetches, requests] = [this.#fetches, this.#requests];
    this.#fetches = [];
    this.#requests = [];
    for (const { fetchId, symbol } of fetches)
      this.#give({ kind: 'fetched', fetchId, trades: this.market.recent(symbol) });
    for (const request of requests) {
      const { op, req_id } = JSON.parse(request) as { op: string; req_id?: string };
      if (op === 'subscribe') this.#frame(this.market.ack(req_id ?? ''));
    }
    if (this.#isUp && !this.#isWhole) {
      this.#isWhole = true;
      for (const frame of this.market.whole(ms)) this.#frame(frame);
    }
  }

  #frame(frame: string): void {
    this.#give({ kind: 'frame', connection: 0, frame });
  }

  #give(input: FeedInput): void {
    const now = this.#clock.now();
    const { commands, messages } = this.#feed.apply(input, { market: now, network: now });
    if (messages.length > 0) this.#outbox!.put(messages);
    for (const command of commands) this.#obey(command);
    if (input.kind === 'opened') this.#isUp = true;
  }

  #obey(command: FeedCommand): void {
    if (command.kind === 'fetch') this.#fetches.push(command);
    else if (command.kind === 'send') this.#requests.push(command.frame);
    else if (command.kind === 'open' && command.connection === 0) {
      this.#give({ kind: 'opened', connection: 0 });
    } else throw new Error(`Expected one connection that is never given up, got ${JSON.stringify(command)}.`);
  }
}
