/** Up to where the trades of a symbol are proven to be here, and the spans of which they are not. Exchange time, ms. */
import type { TradeRow } from '../../schemas/trade-batch.ts';
import { SecondSpans, type TimeSpan } from './second-spans.ts';
import { compareTrades } from './trade-order.ts';

/** A connection's session as far as it proves anything. It delivers in order, so what it has sent last proves all before. */
export interface Proof {
  /** Newest time at which the exchange sent something; -Infinity before the first word. */
  readonly proven: number;
  /** The first such time; Infinity before. */
  readonly firstStamp: number;
}

/** A symbol on one of its connections. */
export interface Carrier {
  readonly link: Proof;
  /** Another connection has brought a trade. @param network Now, ms. */
  owesTrade(network: number): void;
}

/** Trades may be missing in [from, to). */
export interface LostSpan {
  readonly from: number;
  /** Null while nothing delivers. */
  to: number | null;
  readonly cause: string;
  /** Newest trade known when it began. */
  readonly anchor: TradeRow | null;
  /** First live trade after it. */
  first: TradeRow | null;
  /** When its end was found. Unit: network ms. */
  closedAt: number;
  /** Nothing broke: a stream was silent, and was asked for anew. */
  isSuspicion: boolean;
  /** Trades recovered for it. */
  found: number;
  /** Answers of REST that did not settle it. */
  tries: number;
  /** The ledger has its DISCONNECTED; its GAP. */
  isOpenTold: boolean;
  isTold: boolean;
}

/** Spans at most; beyond, the oldest is given up. */
export const MOST_LOST_SPANS = 64;

export class Continuity {
  /** When each session began to deliver trades; `isGuess`: on our clock, since it had not said a word by then. */
  readonly #links = new Map<Proof, { readonly since: number; readonly isGuess: boolean }>();
  readonly #startMs: number;
  #frontier: number;
  #lost: LostSpan[];
  readonly #hopeless = new SecondSpans();
  #wantsFirst = true;

  /** Nothing is known from `startMs` on. */
  constructor(startMs: number, cause: string) {
    this.#startMs = startMs;
    this.#frontier = startMs;
    this.#lost = [newSpan(startMs, cause, null)];
  }

  /** All before it is proven, or in one of the spans. */
  get frontier(): number {
    return this.#frontier;
  }

  get isUp(): boolean {
    return this.#links.size > 0;
  }

  get lost(): readonly LostSpan[] {
    return this.#lost;
  }

  /** The span that nothing ends yet. */
  get open(): LostSpan | undefined {
    return this.#lost.find(({ to }) => to === null);
  }

  isUpOn(link: Proof): boolean {
    return this.#links.has(link);
  }

  /** Trades are subscribed on a session. @param market Our time, ms. */
  up(link: Proof, market: number): void {
    const isGuess = link.proven === Number.NEGATIVE_INFINITY;
    if (!this.#links.has(link)) this.#links.set(link, { since: Math.max(market, link.proven), isGuess });
  }

  /** The session ended; what it proved stands. */
  down(link: Proof, network: number, cause: string, anchor: TradeRow | null): void {
    if (!this.#links.has(link)) return;
    this.advance(network);
    this.#links.delete(link);
    this.#uncovered(this.#frontier, cause, anchor);
  }

  /** A session that stands and yet may have lost trades since `from`. */
  suspect(link: Proof, from: number, cause: string, anchor: TradeRow | null): void {
    if (!this.#links.delete(link)) return;
    const span = this.#uncovered(Math.min(from, this.#frontier), cause, anchor);
    if (span) span.isSuspicion = true;
  }

  /** Trades that are known to be missing between two that are here, unless a span tells of them, or did. */
  hole(before: TradeRow, after: TradeRow, cause: string, network: number): void {
    if (this.#lost.some(({ anchor, first }) => anchor === before || first === after)) return;
    if (this.#hopeless.all.some(({ from, to }) => from < after.ts && to > before.ts)) return;
    const span = newSpan(Math.max(before.ts, this.#startMs), cause, before);
    span.to = Math.max(after.ts, span.from + 1);
    span.first = after;
    span.closedAt = network;
    this.#lost.push(span);
  }

  /** A new trade from a session that delivers. */
  live(trade: TradeRow): void {
    if (!this.#wantsFirst || !this.isUp) return;
    this.#wantsFirst = false;
    for (const span of this.#lost) {
      if (span.first) continue;
      if (span.anchor === null || compareTrades(trade, span.anchor) > 0) span.first = trade;
      else this.#wantsFirst = true;
    }
  }

  /** Follows the sessions; returns the span that has found its end. */
  advance(network: number): LostSpan | null {
    const closed = this.#close(network);
    for (let before = Number.NEGATIVE_INFINITY; before < this.#frontier; ) {
      before = this.#frontier;
      for (const link of this.#links.keys()) {
        if (this.#since(link) <= this.#frontier) this.#frontier = Math.max(this.#frontier, link.proven);
      }
    }
    return closed;
  }

  /** All trades of [from, to) are here, or on their way out. */
  vouches(from: number, to: number): boolean {
    if (from < this.#startMs || to > this.#frontier) return false;
    if (this.#lost.some((span) => span.from < to && (span.to ?? to) > from)) return false;
    return !this.#hopeless.all.some((span) => span.from < to && span.to > from);
  }

  /** Spans before the frontier that are not proven, in no order. */
  unproven(): TimeSpan[] {
    return [
      ...this.#lost.map(({ from, to }) => ({ from, to: to ?? Number.POSITIVE_INFINITY })),
      ...this.#hopeless.all,
    ];
  }

  /** It is whole again. */
  resolve(span: LostSpan): void {
    this.#lost = this.#lost.filter((each) => each !== span);
  }

  /** Its trades before `until` will not come any more; those after it have. */
  giveUp(span: LostSpan, until: number): void {
    this.resolve(span);
    this.#hopeless.add(span.from, Math.min(until, span.to ?? until));
  }

  /** Seconds before it have been told. */
  forgetBefore(ms: number): void {
    if (!this.#hopeless.isEmpty) this.#hopeless.remove(Number.NEGATIVE_INFINITY, ms);
  }

  #since(link: Proof): number {
    const { since, isGuess } = this.#links.get(link)!;
    return isGuess ? Math.max(since, link.firstStamp) : since;
  }

  /** A span begins where nothing else delivers what follows. */
  #uncovered(from: number, cause: string, anchor: TradeRow | null): LostSpan | null {
    if (this.open) return null;
    for (const link of this.#links.keys()) if (this.#since(link) <= this.#frontier) return null;
    const span = newSpan(from, cause, anchor);
    this.#lost.push(span);
    this.#wantsFirst = true;
    return span;
  }

  #close(network: number): LostSpan | null {
    const { open } = this;
    if (!open) return null;
    let since = Number.POSITIVE_INFINITY;
    for (const link of this.#links.keys()) since = Math.min(since, this.#since(link));
    if (since === Number.POSITIVE_INFINITY) return null;
    open.to = Math.max(since, open.from);
    open.closedAt = network;
    this.#frontier = Math.max(this.#frontier, open.to);
    if (open.to > open.from) return open;
    this.resolve(open);
    return null;
  }
}

function newSpan(from: number, cause: string, anchor: TradeRow | null): LostSpan {
  return {
    from,
    to: null,
    cause,
    anchor,
    first: null,
    closedAt: 0,
    isSuspicion: false,
    found: 0,
    tries: 0,
    isOpenTold: false,
    isTold: false,
  };
}
