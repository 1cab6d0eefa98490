/** The exchange twin without sockets: one venue, its clients and the faults between them, all in the caller's time. */
import { ConfigError } from '../../../schemas/errors.ts';
import type { Stream } from '../market-event.ts';
import type { KlineOpen } from './bybit/kline-open.ts';
import type { BybitAccounts } from './bybit/private/accounts.ts';
import { BybitVenue } from './bybit/venue.ts';
import { type Fault, faultInfo, type Tally } from './faults/faults.ts';
import type { TwinClient } from './faults/link.ts';
import { answerThrough, type RestAnswer } from './faults/rest.ts';
import { Roster, type TwinConnection } from './faults/roster.ts';
import { type Incident, Timeline } from './faults/timeline.ts';
import { beginAtVenue } from './faults/venue-faults.ts';
import { SIMULATED_SYMBOLS } from './instruments.ts';
import { KrakenVenue } from './kraken/venue.ts';
import type { Listing } from './listing.ts';
import type { SimulatedMarket } from './market.ts';
import { type TruthBar, truthOf } from './truth.ts';
import type { SentRequest, TwinVenue, TwinVenueName } from './venue.ts';
import { VenueClock } from './venue-clock.ts';

export interface TwinOptions {
  readonly venue: TwinVenueName;
  readonly market: SimulatedMarket;
  /** Of Kraken's trades, and of what faults draw. */
  readonly seed: number;
  /** Default: all of the venue. */
  readonly symbols?: readonly string[];
  /** Unit: ms since the epoch. */
  readonly startMs: number;
  /** How often the exchange looks at its market, and how often a book may change. Unit: ms. */
  readonly stepMs?: number;
  readonly bookEveryMs?: number;
  /** Where Bybit's bars open; default as on Bybit. */
  readonly klineOpen?: KlineOpen;
  /** Steps made at most in one call; where more are due, they are longer. Default: no limit. */
  readonly mostSteps?: number;
  /** Of Bybit. Default: nobody has one. */
  readonly accounts?: BybitAccounts | undefined;
}

/** Why a handshake was not answered with a connection. */
export interface Refusal {
  readonly status: number;
  readonly retryAfterS: number | null;
}

/** What a fault did until now. */
export interface FaultReport extends Tally {
  readonly id: number;
  readonly fault: Fault;
  readonly state: Incident['state'];
}

export class ExchangeTwin {
  readonly venue: TwinVenueName;
  readonly wsPath: string;
  readonly #venue: TwinVenue;
  readonly #clock: VenueClock;
  readonly #roster: Roster;
  readonly #stepMs: number;
  readonly #mostSteps: number;
  readonly #timeline = new Timeline();
  /** What ends with an incident. */
  readonly #endings = new Map<Incident, (ms: number) => void>();
  #ms: number;

  /** @throws ConfigError where a symbol is not listed. */
  constructor(options: TwinOptions) {
    const { market, seed, startMs, stepMs = 100, bookEveryMs = 250, klineOpen = 'carried' } = options;
    this.#clock = new VenueClock();
    this.#stepMs = stepMs;
    this.#mostSteps = options.mostSteps ?? Number.POSITIVE_INFINITY;
    this.#ms = startMs;
    const { accounts } = options;
    const common = { market, startMs, bookEveryMs, klineOpen, seed, clock: this.#clock, accounts };
    const symbols = options.symbols ?? usualSymbols(options.venue);
    const Venue = options.venue === 'bybit' ? BybitVenue : KrakenVenue;
    this.#venue = new Venue({ ...common, symbols });
    this.#venue.refuses = (stream) => this.#refuses(stream);
    this.#roster = new Roster({ venue: this.#venue, seed, now: () => this.#ms });
    this.venue = options.venue;
    this.wsPath = this.#venue.wsPath;
  }

  /** True time. The exchange's own may be skewed. */
  now(): number {
    return this.#ms;
  }

  get symbols(): readonly string[] {
    return [...this.#venue.listings.keys()];
  }

  get connections(): number {
    return this.#roster.size;
  }

  /** @throws ConfigError where a fault is of another venue, or of a symbol that is not listed. */
  schedule(faults: readonly Fault[], originMs = this.#ms): void {
    for (const fault of faults) this.#check(fault);
    this.#timeline.add(faults, originMs);
  }

  /** Faults that have not begun never do. */
  clearSchedule(): void {
    this.#timeline.clear();
  }

  report(): FaultReport[] {
    return this.#timeline.incidents.map(({ id, fault, state, tally }) => ({ id, fault, state, ...tally }));
  }

  /** Why no connection can be made now; null where one can. */
  refusal(): Refusal | null {
    const incident = this.#timeline.active.find(
      ({ fault }) => fault.kind === 'restart' || fault.kind === 'handshakeRefused',
    );
    if (!incident) return null;
    incident.tally.answers++;
    if (incident.fault.kind === 'restart') return { status: 503, retryAfterS: null };
    return { status: incident.status, retryAfterS: Math.ceil((incident.endMs - this.#ms) / 1_000) };
  }

  connect(client: TwinClient): TwinConnection | Refusal {
    return this.refusal() ?? this.#roster.join(client);
  }

  /** Everything until `ms` happens. What arrives is delivered in the order of its time. */
  advanceTo(ms: number): void {
    const stepMs = Math.max(this.#stepMs, Math.ceil((ms - this.#ms) / this.#mostSteps));
    while (this.#ms < ms) {
      const step = (Math.floor(this.#ms / stepMs) + 1) * stepMs;
      const next = Math.min(step, this.#timeline.next());
      if (next > ms) break;
      this.#ms = Math.max(next, this.#ms);
      this.#step();
    }
    this.#ms = Math.max(this.#ms, ms);
    this.flush();
  }

  /** Delivers what is due by now. */
  flush(): void {
    this.#roster.flush();
  }

  /** `url`: path and query count. */
  get(url: string, sent?: SentRequest): Promise<RestAnswer> {
    const parsed = new URL(url, 'http://twin');
    return answerThrough(this.#timeline.active, this.#ms, this.#clock.at(this.#ms), (ms) =>
      this.#venue.answer(parsed, ms, sent),
    );
  }

  /** Of a minute of the exchange's time; of one that is not over yet, what it would be without faults to come. */
  truth(symbol: string, minute: number): TruthBar {
    return truthOf(this.#listing(symbol), minute);
  }

  #step(): void {
    this.#venue.advanceTo(this.#ms);
    this.#roster.step();
    this.flush();
    for (const incident of this.#timeline.ended(this.#ms)) this.#finish(incident);
    for (const incident of this.#timeline.begun(this.#ms)) this.#begin(incident);
    // Those that are over at once.
    for (const incident of this.#timeline.ended(this.#ms)) this.#finish(incident);
    this.flush();
  }

  #begin(incident: Incident): void {
    if (faultInfo(incident.fault.kind).isOnConnections) {
      this.#roster.strike(incident);
      return;
    }
    if (incident.fault.kind === 'restart') this.#roster.cutAll('The exchange restarts.', incident.tally);
    const context = { venue: this.#venue, clock: this.#clock };
    this.#endings.set(incident, beginAtVenue(incident, context, this.#ms));
  }

  #finish(incident: Incident): void {
    this.#roster.end(incident, this.#ms);
    this.#endings.get(incident)?.(this.#ms);
    this.#endings.delete(incident);
  }

  #refuses({ kind, symbol }: Stream): boolean {
    const incident = this.#timeline.active.find(
      ({ fault }) =>
        fault.kind === 'refusedSubscription' &&
        (fault.symbol ?? symbol) === symbol &&
        (fault.stream ?? kind) === kind,
    );
    if (incident) incident.tally.answers++;
    return incident !== undefined;
  }

  #listing(symbol: string): Listing {
    const listing = this.#venue.listings.get(symbol);
    if (listing) return listing;
    throw new ConfigError(`Expected a symbol of ${this.venue} (${this.symbols.join(', ')}), got ${symbol}.`);
  }

  #check(fault: Fault): void {
    if (fault.venue !== this.venue) {
      throw new ConfigError(`Expected faults of ${this.venue}, got one of ${fault.venue}.`);
    }
    if (fault.symbol !== undefined) this.#listing(fault.symbol);
  }
}

function usualSymbols(venue: TwinVenueName): readonly string[] {
  return SIMULATED_SYMBOLS.map((symbol) =>
    venue === 'bybit' ? symbol : `${symbol.slice(0, -'USDT'.length)}/USDT`,
  );
}
