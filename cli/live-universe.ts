/** The symbols of a live feed: chosen by turnover as time goes by; a fixed list while the exchange's REST is away. */
import type { Clock } from '../connectors/clock/port.ts';
import { within } from '../connectors/clock/within.ts';
import type { VenueRest } from '../connectors/exchanges/venue.ts';
import type { Notice } from '../connectors/log-line.ts';
import type { Universe } from '../connectors/universe/choose.ts';
import { UniverseWatch } from '../connectors/universe/watch.ts';
import { messageOf } from '../schemas/errors.ts';
import type { UniverseOptions } from '../schemas/universe-options.ts';

export interface LiveUniverseOptions {
  readonly rest: Pick<VenueRest, 'instruments' | 'turnovers'>;
  readonly options: UniverseOptions;
  /** The machine's. */
  readonly clock: Clock;
  /** Followed until REST has answered. */
  readonly fallback: readonly string[];
  readonly notice: Notice;
  /** How long the start waits for it. Unit: ms. Default 10 s. */
  readonly patienceMs?: number;
}

export type Follow = (symbols: readonly string[], halted: readonly string[]) => void;

const PATIENCE_MS = 10_000;

export class LiveUniverse {
  readonly #options: LiveUniverseOptions;
  readonly #watch: UniverseWatch;
  readonly #stopping = new AbortController();
  #follow: Follow = () => {};
  #told: Universe | null = null;
  #isFallback = false;
  #running: Promise<void> = Promise.resolve();

  /** Asks once, but does not wait for long. */
  static async open(options: LiveUniverseOptions): Promise<LiveUniverse> {
    const universe = new LiveUniverse(options);
    await universe.#first();
    return universe;
  }

  private constructor(options: LiveUniverseOptions) {
    const { rest, clock, notice } = options;
    this.#options = options;
    this.#watch = new UniverseWatch({
      rest,
      clock,
      options: options.options,
      onChange: (universe) => this.#changed(universe),
      onFailure: (error, failures) => {
        if (failures === 1) notice(`The universe stays as it is: ${error.message}`);
      },
    });
  }

  get symbols(): readonly string[] {
    return this.#told?.symbols ?? this.#options.fallback;
  }

  /** From now on: what is followed, whenever it changes. */
  follow(follow: Follow): void {
    this.#follow = follow;
    if (this.#told) follow(this.#told.symbols, this.#told.halted);
    this.#running = this.#watch.run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #first(): Promise<void> {
    const { clock, notice, fallback, patienceMs = PATIENCE_MS } = this.#options;
    let problem = 'no answer yet';
    const giveUp = new AbortController();
    const asked = this.#watch.refresh(giveUp.signal).then(
      () => undefined,
      (error: unknown) => {
        problem = messageOf(error);
      },
    );
    await within(clock, patienceMs, asked);
    if (this.#told) return;
    giveUp.abort();
    this.#isFallback = true;
    notice(`Following ${fallback.join(', ')} until the exchange tells turnovers: ${problem}`);
  }

  #changed(universe: Universe): void {
    const { symbols, added, removed, missing } = universe;
    const parts = [`Following ${symbols.length} symbols by turnover`];
    if (this.#told === null || this.#isFallback) parts.push(`: ${symbols.join(', ')}.`);
    else {
      parts.push('.');
      if (added.length > 0) parts.push(` Added: ${added.join(', ')}.`);
      for (const { symbol, reason } of removed) parts.push(` Removed: ${symbol}, since ${reason}.`);
    }
    if (missing.length > 0) parts.push(` Not listed: ${missing.join(', ')}.`);
    this.#options.notice(parts.join(''), missing.length > 0 ? 'WARNING' : 'INFO');
    this.#isFallback = false;
    this.#told = universe;
    this.#follow(universe.symbols, universe.halted);
  }
}
