/** The exchange twin without sockets: one venue, its clients and the faults between them, all in the caller's time. */
import { ConfigError } from '../../../schemas/errors.ts';
import type { Stream } from '../market-event.ts';
import { hash32, Random } from '../random.ts';
import type { KlineOpen } from './bybit/kline-open.ts';
import { BybitVenue } from './bybit/venue.ts';
import { ADDITIONS, garbageBytes } from './faults/additions.ts';
import { type Fault, faultInfo, type Tally } from './faults/faults.ts';
import { FILTERS } from './faults/filters.ts';
import { type Filter, Link, type TwinClient } from './faults/link.ts';
import { answerThrough, type RestAnswer } from './faults/rest.ts';
import { type Incident, Timeline } from './faults/timeline.ts';
import { beginAtVenue } from './faults/venue-faults.ts';
import { INSTRUMENTS } from './instruments.ts';
import { KrakenVenue } from './kraken/venue.ts';
import type { Listing } from './listing.ts';
import type { SimulatedMarket } from './market.ts';
import { type TruthBar, truthOf } from './truth.ts';
import type { TwinSession, TwinVenue, TwinVenueName } from './venue.ts';
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
}

/** Why a handshake was not answered with a connection. */
export interface Refusal {
  readonly status: number;
  readonly retryAfterS: number | null;
}

export interface TwinConnection {
  readonly id: number;
  send(text: string): void;
  /** The client goes. */
  close(): void;
}

/** What a fault did until now. */
export interface FaultReport extends Tally {
  readonly id: number;
  readonly fault: Fault;
  readonly state: Incident['state'];
}

interface Client {
  readonly link: Link;
  session: TwinSession | null;
  /** Half-open: nothing passes either way. */
  isDead: boolean;
}

export class ExchangeTwin {
  readonly venue: TwinVenueName;
  readonly wsPath: string;
  readonly #venue: TwinVenue;
  readonly #clock: VenueClock;
  readonly #seed: number;
  readonly #stepMs: number;
  readonly #mostSteps: number;
  readonly #timeline = new Timeline();
  /** What ends with an incident. */
  readonly #endings = new Map<Incident, ((ms: number) => void)[]>();
  readonly #clients = new Map<number, Client>();
  /** Faults of connections that found none. */
  readonly #waiting: Incident[] = [];
  readonly #storms = new Map<Incident, { readonly ids: ReadonlySet<number>; left: number }>();
  #ms: number;
  #connections = 0;

  /** @throws ConfigError where a symbol is not listed. */
  constructor(options: TwinOptions) {
    const { market, seed, startMs, stepMs = 100, bookEveryMs = 250, klineOpen = 'carried' } = options;
    this.#clock = new VenueClock();
    this.#seed = seed;
    this.#stepMs = stepMs;
    this.#mostSteps = options.mostSteps ?? Number.POSITIVE_INFINITY;
    this.#ms = startMs;
    const common = { market, startMs, bookEveryMs, klineOpen, seed, clock: this.#clock };
    const symbols = options.symbols ?? usualSymbols(options.venue);
    const Venue = options.venue === 'bybit' ? BybitVenue : KrakenVenue;
    this.#venue = new Venue({ ...common, symbols });
    this.#venue.refuses = (stream) => this.#refuses(stream);
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
    return this.#clients.size;
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
    const refusal = this.refusal();
    if (refusal) return refusal;
    const link = new Link(++this.#connections, client);
    const mine: Client = { link, session: null, isDead: false };
    this.#clients.set(link.id, mine);
    mine.session = this.#venue.connect({
      frame: (frame) => link.send(frame, this.#ms),
      closed: (code, reason) => this.#end(mine, code, reason),
    });
    return {
      id: link.id,
      send: (text) => this.#receive(mine, text),
      close: () => this.#leave(mine),
    };
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
    for (const { link } of this.#clients.values()) link.deliverUntil(this.#ms);
  }

  /** `url`: path and query count. */
  get(url: string): Promise<RestAnswer> {
    const parsed = new URL(url, 'http://twin');
    return answerThrough(this.#timeline.active, this.#ms, this.#clock.at(this.#ms), (ms) =>
      this.#venue.answer(parsed, ms),
    );
  }

  /** Of a minute of the exchange's time; of one that is not over yet, what it would be without faults to come. */
  truth(symbol: string, minute: number): TruthBar {
    return truthOf(this.#listing(symbol), minute);
  }

  #step(): void {
    this.#venue.advanceTo(this.#ms);
    this.#storm();
    this.flush();
    for (const incident of this.#timeline.ended(this.#ms)) this.#finish(incident);
    for (const incident of this.#waiting.splice(0)) this.#hit(incident);
    for (const incident of this.#timeline.begun(this.#ms)) this.#begin(incident);
    // Those that are over at once.
    for (const incident of this.#timeline.ended(this.#ms)) this.#finish(incident);
    this.flush();
  }

  #begin(incident: Incident): void {
    if (faultInfo(incident.fault.kind).isOnConnections) {
      this.#hit(incident);
      return;
    }
    if (incident.fault.kind === 'restart') {
      for (const client of [...this.#clients.values()]) this.#cut(client, incident.tally);
    }
    const context = { venue: this.#venue, clock: this.#clock };
    this.#atEnd(incident, beginAtVenue(incident, context, this.#ms));
  }

  #finish(incident: Incident): void {
    for (const end of this.#endings.get(incident) ?? []) end(this.#ms);
    this.#endings.delete(incident);
    this.#storms.delete(incident);
    const at = this.#waiting.indexOf(incident);
    if (at >= 0 && incident.endMs > incident.beginMs) this.#waiting.splice(at, 1);
  }

  /** Strikes connections; without any it waits for the next one. */
  #hit(incident: Incident): void {
    const clients = [...this.#clients.values()].filter(({ isDead }) => !isDead);
    if (clients.length === 0) {
      this.#waiting.push(incident);
      return;
    }
    const random = new Random(hash32(this.#seed, 'fault', incident.id));
    const one = random.whole(0, clients.length - 1);
    const struck = incident.fault.scope === 'one' ? [clients[one]!] : clients;
    for (const client of struck) this.#strike(client, incident, random);
    const ids = new Set(struck.map(({ link }) => link.id));
    if (incident.fault.kind === 'snapshotStorm') this.#storms.set(incident, { ids, left: incident.amount });
  }

  #strike(client: Client, incident: Incident, random: Random): void {
    const { fault, amount, endMs, tally } = incident;
    tally.connections++;
    const unasked = () => this.#venue.unasked(this.#ms);
    const add = ADDITIONS[fault.kind];
    if (add) tally.framesAdded += add(client.link, { amount, ms: this.#ms, random, unasked });
    const cut = (reason: string) => this.#end(client, 1006, reason);
    const filter = FILTERS[fault.kind]?.({ fault, amount, endMs, tally, cut });
    if (filter) this.#filter(client, incident, filter);
    if (fault.kind === 'halfOpen') this.#deaden(client);
    if (fault.kind === 'drop') cut('The network cut the connection.');
    if (fault.kind === 'rawBytes') {
      client.link.client.bytes?.(garbageBytes(random, amount));
      cut('Bytes came that are no frame.');
    }
  }

  #filter({ link }: Client, incident: Incident, filter: Filter): void {
    link.add(filter);
    if (incident.endMs > incident.beginMs) this.#atEnd(incident, (ms) => link.remove(filter, ms));
  }

  /** The exchange has lost this client too, though nobody is told. */
  #deaden(client: Client): void {
    client.isDead = true;
    client.link.client.silent?.();
    client.session?.close();
    client.session = null;
  }

  #storm(): void {
    for (const [{ tally }, storm] of this.#storms) {
      if (storm.left-- <= 0) continue;
      const frames = this.symbols.flatMap((symbol) => this.#venue.snapshot({ kind: 'book', symbol }) ?? []);
      for (const { link } of this.#clients.values()) {
        if (!storm.ids.has(link.id)) continue;
        for (const frame of frames) link.send(frame, this.#ms);
        tally.framesAdded += frames.length;
      }
    }
  }

  #cut(client: Client, tally: Tally): void {
    tally.connections++;
    this.#end(client, 1006, 'The exchange restarts.');
  }

  #end(client: Client, code: number, reason: string): void {
    this.#forget(client);
    // The close of a half-open connection does not arrive either.
    if (!client.isDead) client.link.cut(code, reason, this.#ms);
  }

  #leave(client: Client): void {
    this.#forget(client);
    client.link.leave();
  }

  #forget(client: Client): void {
    this.#clients.delete(client.link.id);
    client.session?.close();
    client.session = null;
  }

  #receive(client: Client, text: string): void {
    client.session?.receive(text);
    client.link.deliverUntil(this.#ms);
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

  #atEnd(incident: Incident, end: (ms: number) => void): void {
    this.#endings.set(incident, [...(this.#endings.get(incident) ?? []), end]);
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
  return INSTRUMENTS.map(({ symbol }) =>
    venue === 'bybit' ? symbol : `${symbol.slice(0, -'USDT'.length)}/USDT`,
  );
}
