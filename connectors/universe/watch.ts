/** The universe as time goes by: asks the exchange every few minutes, tells changes, and survives its silence. */
import { UpstreamError } from '../../schemas/errors.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { UniverseOptions } from '../../schemas/universe-options.ts';
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock/port.ts';
import type { Instrument, VenueRest } from '../exchanges/venue.ts';
import { chooseUniverse, type Universe } from './choose.ts';

export interface UniverseWatchOptions {
  readonly rest: Pick<VenueRest, 'instruments' | 'turnovers'>;
  readonly options: UniverseOptions;
  /** Of waits and of the age of listings. */
  readonly clock: Clock;
  /** Symbols followed before, as after a restart. */
  readonly initial?: readonly string[];
  /** The first universe, and then each that differs from the one before. */
  readonly onChange: (universe: Universe) => void;
  /** The last universe stays; `failures` counts those in a row. */
  readonly onFailure?: (error: UpstreamError, failures: number) => void;
}

/** First wait after a failure; doubled up to the usual time between refreshes. Unit: ms. */
const FIRST_RETRY_MS = 15_000;

export class UniverseWatch {
  readonly #options: UniverseWatchOptions;
  #symbols: readonly string[];
  #instruments: ReadonlyMap<string, Instrument> = new Map();
  /** What was told last. */
  #told: string | null = null;

  constructor(options: UniverseWatchOptions) {
    this.#options = options;
    this.#symbols = options.initial ?? [];
  }

  /** Those followed now. */
  get symbols(): readonly string[] {
    return this.#symbols;
  }

  /** All that the exchange listed last, by symbol. */
  get instruments(): ReadonlyMap<string, Instrument> {
    return this.#instruments;
  }

  /** Asks once. @throws UpstreamError where the exchange does not answer, or its answer leaves nothing to follow. */
  async refresh(signal?: AbortSignal): Promise<Universe> {
    const { rest, options, clock } = this.#options;
    const [instruments, turnovers] = await Promise.all([rest.instruments(signal), rest.turnovers(signal)]);
    const universe = chooseUniverse(this.#symbols, instruments, turnovers, options, clock.now());
    if (universe.symbols.length === 0) {
      throw new UpstreamError(
        `Expected ${options.quote} perpetuals to follow, got none among ${instruments.length} instruments and ${turnovers.size} turnovers: the exchange answers too little, or the settings exclude all.`,
      );
    }
    this.#symbols = universe.symbols;
    this.#instruments = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
    this.#tell(universe);
    return universe;
  }

  /** Refreshes at once and then every `refreshMinutes`, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, options } = this.#options;
    const everyMs = options.refreshMinutes * MINUTE_MS;
    let failures = 0;
    while (!signal.aborted) {
      failures = await this.#try(failures, signal);
      const retry = { firstMs: FIRST_RETRY_MS, maxMs: everyMs };
      // Requests have jitter of their own.
      const waitMs = failures === 0 ? everyMs : backoffMs(failures, retry, 1);
      await clock.until(clock.now() + waitMs, signal);
    }
  }

  /** Failures in a row, this one included. */
  async #try(failures: number, signal: AbortSignal): Promise<number> {
    try {
      await this.refresh(signal);
      return 0;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (!signal.aborted) this.#options.onFailure?.(error, failures + 1);
      return failures + 1;
    }
  }

  /** Ranks within the universe change all the time, and mean nothing to those who follow it. */
  #tell(universe: Universe): void {
    const state = JSON.stringify([universe.symbols.toSorted(), universe.halted.toSorted(), universe.missing]);
    if (state === this.#told) return;
    this.#told = state;
    this.#options.onChange(universe);
  }
}
