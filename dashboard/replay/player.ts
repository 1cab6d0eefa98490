/** Plays what a replay published, at a speed, into a market of its own with a history of its own. */
import { join } from 'node:path';
import { type AcceleratedClock, acceleratedClock } from '../../connectors/clock/accelerated.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { openDuckDbHistory } from '../../connectors/history/duckdb.ts';
import type { History } from '../../connectors/history/port.ts';
import { rowsOf, tableOf } from '../../connectors/history/rows.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { Market } from '../market/market.ts';
import { EventStream } from '../server/event-stream.ts';
import { type Extent, extentOf, type Published, publishedIn } from './published.ts';

export interface PlayerOptions {
  /** Output of `cst replay`. */
  readonly folder: string;
  readonly title: string;
  readonly version: string;
  /** Market seconds per second. */
  readonly speed: number;
  readonly realClock: Clock;
}

/** Nothing is fed by a relay, and no desk decides. */
const NOBODY = {
  relay: () => null,
  numbers: () => ({ lagMs: null, backlog: 0, alerts: { sent: 0, waiting: 0 } }),
  books: async () => [],
  swings: async () => [],
  drawChart: null,
  traceOf: async () => null,
  pastBars: null,
  /** Those of `cst replay`. */
  params: DEFAULT_PARAMS,
};
/** Told at once at most, so that others have their turn. */
const MOST_AT_ONCE = 500;

export class Player {
  readonly extent: Extent;
  readonly market: Market;
  readonly stream: EventStream;
  readonly #options: PlayerOptions;
  readonly #history: History;
  readonly #clock: AcceleratedClock;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  static async open(options: PlayerOptions): Promise<Player> {
    const extent = await extentOf(options.folder);
    const history = await openDuckDbHistory({ path: join(options.folder, 'replay.duckdb'), isLean: true });
    return new Player(options, extent, history);
  }

  private constructor(options: PlayerOptions, extent: Extent, history: History) {
    const { speed, realClock, title, version } = options;
    this.#options = options;
    this.extent = extent;
    this.#history = history;
    this.#clock = acceleratedClock({ start: extent.fromMs, speed, base: realClock });
    this.market = new Market({
      ...NOBODY,
      history,
      version,
      realClock,
      venue: extent.venue,
      clock: this.#clock,
      source: { title, kind: 'replay', speed },
      symbols: () => extent.symbols,
    });
    this.stream = new EventStream(this.market.log);
  }

  /** Unit: market ms. */
  get marketTime(): number {
    return Math.min(this.#clock.now(), this.extent.toMs);
  }

  /** Resolves at the end of the recording, or when it is closed. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async close(): Promise<void> {
    this.#stopping.abort(true);
    await this.#running?.catch(() => {});
    this.#clock.end();
    this.stream.close();
    await this.market.close();
    await this.#history.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let due: Published[] = [];
    for await (const message of publishedIn(this.#options.folder)) {
      if (message.at > this.#clock.now() || due.length >= MOST_AT_ONCE) {
        await this.#tell(due);
        due = [];
        await this.#clock.until(message.at, signal);
      }
      if (signal.aborted) return;
      due.push(message);
    }
    await this.#tell(due);
  }

  /** What was known from before is history, and no news. */
  async #tell(due: readonly Published[]): Promise<void> {
    const byTopic: Iterable<[TopicName, Published[]]> = Map.groupBy(due, ({ topic }) => topic);
    for (const [topic, messages] of byTopic) {
      await this.#history.insert(
        tableOf(topic),
        messages.flatMap(({ data }) => rowsOf(topic, data)),
      );
      const news = messages.filter(({ at }) => at > this.extent.fromMs);
      this.market.take(topic, news);
    }
  }
}
