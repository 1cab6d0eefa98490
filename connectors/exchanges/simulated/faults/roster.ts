/** The connections of one twin, and what strikes them. */
import { hash32, Random } from '../../../random.ts';
import type { TwinSession, TwinVenue } from '../venue.ts';
import { ADDITIONS, garbageBytes } from './additions.ts';
import type { Tally } from './faults.ts';
import { FILTERS } from './filters.ts';
import { type Filter, Link, type TwinClient } from './link.ts';
import type { Incident } from './timeline.ts';

export interface TwinConnection {
  readonly id: number;
  send(text: string): void;
  /** The client goes. */
  close(): void;
}

interface Member {
  readonly link: Link;
  session: TwinSession | null;
  /** Half-open: nothing passes either way. */
  isDead: boolean;
}

interface Storm {
  readonly struck: ReadonlySet<Member>;
  left: number;
}

export interface RosterOptions {
  readonly venue: TwinVenue;
  readonly seed: number;
  /** True time. */
  readonly now: () => number;
}

export class Roster {
  readonly #options: RosterOptions;
  readonly #members = new Set<Member>();
  /** Faults that found no connection. */
  readonly #waiting: Incident[] = [];
  /** Faults that also strike connections made while they last. */
  readonly #lasting = new Set<Incident>();
  readonly #storms = new Map<Incident, Storm>();
  readonly #filters = new Map<Incident, (readonly [Link, Filter])[]>();
  #count = 0;

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#members.size;
  }

  join(client: TwinClient): TwinConnection {
    const { venue, now } = this.#options;
    const link = new Link(++this.#count, client);
    const member: Member = { link, session: null, isDead: false };
    this.#members.add(member);
    member.session = venue.connect({
      frame: (frame) => link.send(frame, now()),
      closed: (code, reason) => this.#end(member, code, reason),
    });
    for (const incident of this.#lasting) this.#strike(member, incident, this.#random(incident));
    return {
      id: link.id,
      send: (text) => {
        if (!member.isDead) member.session?.receive(text);
        link.deliverUntil(now());
      },
      close: () => {
        this.#forget(member);
        link.leave();
      },
    };
  }

  flush(): void {
    const ms = this.#options.now();
    for (const { link } of this.#members) link.deliverUntil(ms);
  }

  /** A step has passed: storms go on, and what waited for a connection strikes. */
  step(): void {
    for (const [{ tally }, storm] of this.#storms) {
      if (storm.left > 0) this.#storm(storm, tally);
      storm.left--;
    }
    for (const incident of this.#waiting.splice(0)) this.strike(incident);
  }

  /** Without a connection the fault waits for the next one. */
  strike(incident: Incident): void {
    const members = [...this.#members].filter(({ isDead }) => !isDead);
    if (incident.fault.kind === 'lateAck') this.#lasting.add(incident);
    else if (members.length === 0) this.#waiting.push(incident);
    if (members.length === 0) return;
    const random = this.#random(incident);
    const one = random.whole(0, members.length - 1);
    const struck = incident.fault.scope === 'one' ? [members[one]!] : members;
    for (const member of struck) this.#strike(member, incident, random);
    if (incident.fault.kind === 'snapshotStorm') {
      this.#storms.set(incident, { struck: new Set(struck), left: incident.amount });
    }
  }

  /** The fault is over. One that is over at once leaves what it changed, and still waits for a connection. */
  end(incident: Incident, ms: number): void {
    if (incident.endMs === incident.beginMs) return;
    for (const [link, filter] of this.#filters.get(incident) ?? []) link.remove(filter, ms);
    this.#filters.delete(incident);
    this.#storms.delete(incident);
    this.#lasting.delete(incident);
    const at = this.#waiting.indexOf(incident);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  cutAll(reason: string, tally: Tally): void {
    for (const member of [...this.#members]) {
      tally.connections++;
      this.#end(member, 1006, reason);
    }
  }

  #random({ id }: Incident): Random {
    return new Random(hash32(this.#options.seed, 'fault', id));
  }

  #strike(member: Member, incident: Incident, random: Random): void {
    const { fault, amount, endMs, tally } = incident;
    const { venue, now } = this.#options;
    const { link } = member;
    tally.connections++;
    const unasked = () => venue.unasked(now());
    tally.framesAdded += ADDITIONS[fault.kind]?.(link, { amount, ms: now(), random, unasked }) ?? 0;
    const cut = (reason: string) => this.#end(member, 1006, reason);
    const filter = FILTERS[fault.kind]?.({ fault, amount, endMs, tally, cut });
    if (filter) {
      link.add(filter);
      if (endMs > incident.beginMs)
        this.#filters.set(incident, [...(this.#filters.get(incident) ?? []), [link, filter]]);
    }
    if (fault.kind === 'halfOpen') this.#deaden(member);
    if (fault.kind === 'drop') cut('The network cut the connection.');
    if (fault.kind === 'rawBytes') {
      link.client.bytes?.(garbageBytes(random, amount));
      cut('Bytes came that are no frame.');
    }
  }

  /** Whole books of all symbols, to those of the struck that have subscribed them. */
  #storm({ struck }: Storm, tally: Tally): void {
    const { venue, now } = this.#options;
    for (const symbol of venue.listings.keys()) {
      const frame = venue.snapshot({ kind: 'book', symbol });
      if (!frame) continue;
      for (const member of struck) {
        if (!member.session?.isSubscribed({ kind: 'book', symbol })) continue;
        member.link.send(frame, now());
        tally.framesAdded++;
      }
    }
  }

  /** The exchange goes on sending, and its frames count as lost. */
  #deaden(member: Member): void {
    member.isDead = true;
    member.link.client.silent?.();
  }

  #end(member: Member, code: number, reason: string): void {
    this.#forget(member);
    // The close of a half-open connection does not arrive either.
    if (!member.isDead) member.link.cut(code, reason, this.#options.now());
  }

  #forget(member: Member): void {
    this.#members.delete(member);
    member.session?.close();
    member.session = null;
  }
}
