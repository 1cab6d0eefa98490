/** One symbol's lost spans: told in the ledger, recovered by REST where it can be, else given up aloud. */
import type { TradeRow } from '../../schemas/trade-batch.ts';
import { Continuity, type LostSpan, MOST_LOST_SPANS, type Proof } from './continuity.ts';
import type { Instant } from './feed-io.ts';
import type { Entry } from './ledger.ts';
import { type Answer, askFrom, isFilled, isHopeless, judge } from './recovery.ts';
import type { SymbolState } from './symbol-state.ts';

/** A hole in the ids may be filled by a trade that took another way. Unit: network ms. */
const HOLE_GRACE_MS = 1_000;
/** Trades stamped so far outside of a span still count as recovered for it. Unit: ms. */
const EDGE_MS = 5_000;
/** REST that has not answered for so long will not help any more. Unit: network ms. */
const LONGEST_TRY_MS = 24 * 3_600_000;

export interface GapsOptions {
  readonly state: SymbolState;
  readonly hasContiguousIds: boolean;
  /** Start of the first span, since nothing is known before the first subscription. */
  readonly startMs: number;
  readonly write: (at: Instant, entry: Entry) => void;
  /** The span is lost for good. */
  readonly onLost: (from: number, to: number) => void;
}

export class SymbolGaps {
  readonly continuity: Continuity;
  readonly #options: GapsOptions;
  recovered = 0;
  lost = 0;

  constructor(options: GapsOptions) {
    this.#options = options;
    this.continuity = new Continuity(options.startMs, 'before the first subscription');
  }

  /** Trades are subscribed on a session. */
  up(link: Proof, at: Instant): void {
    this.continuity.up(link, at.market);
    this.advance(at);
  }

  /** A session ended, or could not be made. */
  down(link: Proof, cause: string, at: Instant): void {
    const { continuity } = this;
    const wasUp = continuity.isUpOn(link);
    continuity.down(link, at.network, cause, this.#options.state.last);
    const { open } = continuity;
    if (open && !open.isOpenTold) {
      open.isOpenTold = true;
      this.#write(at, { kind: 'DISCONNECTED', cause, from: open.from });
    } else if (!open && wasUp) {
      this.#write(at, {
        kind: 'DISCONNECTED',
        cause: `${cause} Another connection delivers.`,
        resolved: true,
      });
    }
  }

  /** A session that stands and may have lost trades after the newest that is known. */
  suspect(link: Proof, cause: string): void {
    const { last } = this.#options.state;
    const { continuity } = this;
    continuity.suspect(link, last?.ts ?? continuity.frontier, cause, last);
  }

  /** A session that goes on and may have lost trades just now. */
  doubt(link: Proof, cause: string, at: Instant): void {
    if (!this.continuity.isUpOn(link)) return;
    this.suspect(link, cause);
    this.up(link, at);
  }

  /** A new trade. @param last The newest one before it. */
  live(trade: TradeRow, last: TradeRow | null, at: Instant): void {
    const { continuity } = this;
    continuity.live(trade);
    if (!this.#options.hasContiguousIds) return;
    if (last && trade.seq > last.seq + 1) {
      const cause = `trade ids ${last.seq + 1} to ${trade.seq - 1} are missing`;
      continuity.hole(last, trade, cause, at.network);
    }
    if (continuity.lost.length > 0) this.#count(trade);
  }

  /** Follows the sessions: spans end, and are told. */
  advance(at: Instant): void {
    const closed = this.continuity.advance(at.network);
    if (closed) this.#tell(closed, at);
  }

  /** The symbol is not followed any more: what is missing stays missing, and what is not proven counts as such. */
  ended(at: Instant): void {
    this.advance(at);
    const { continuity } = this;
    for (const span of this.#closed()) this.#tell(span, at);
    const from = continuity.open?.from ?? continuity.frontier;
    const cause = continuity.open?.cause ?? 'the end is not proven';
    const to = Math.max(at.market, continuity.frontier);
    if (from < to)
      this.#write(at, { kind: 'GAP', cause: `${cause}; it is not wanted any more: lost`, from, to });
  }

  /**
   * What time does to lost spans. Before an answer is looked at, too: trades that can no longer be told from copies are
   * not taken, and must not count as recovered.
   */
  tick(at: Instant): void {
    this.advance(at);
    for (const span of this.continuity.lost) {
      if (span.to === null) continue;
      if (this.#options.hasContiguousIds && isFilled(span)) this.#filled(span, at);
      else if (at.network >= span.closedAt + HOLE_GRACE_MS) this.#tell(span, at);
    }
    this.#forget(at);
  }

  /** The oldest span that REST may help with. */
  get demand(): number | null {
    const span = this.#closed().find(({ isTold }) => isTold);
    return span ? askFrom(span) : null;
  }

  /** Time before which no trade is wanted; Infinity where none is. Unit: ms since the epoch. */
  get floor(): number {
    return Math.min(
      ...this.#closed().map(({ anchor, from }) => (anchor ? anchor.ts - EDGE_MS : from)),
      Number.POSITIVE_INFINITY,
    );
  }

  /** What an answer says of each span; `fresh`: its trades that were new, taken already. */
  answer(answer: Answer, fresh: readonly TradeRow[], at: Instant): void {
    for (const trade of fresh) this.#count(trade, true);
    this.recovered += fresh.length;
    for (const span of this.#closed()) {
      const verdict = judge(span, answer);
      if (verdict === 'whole' || (this.#options.hasContiguousIds && isFilled(span))) this.#resolve(span, at);
      else if (verdict === 'short') this.#short(span, answer, at);
    }
  }

  #short(span: LostSpan, answer: Answer, at: Instant): void {
    // Joined material is no word on how far REST reaches.
    if (!answer.isJoined) span.tries++;
    const [oldest] = answer.trades;
    const reach = oldest ? oldest.ts + 1 : Number.POSITIVE_INFINITY;
    // What follows on the oldest one is here, where the answer reaches on.
    if (oldest && reach < span.to! && judge({ ...span, anchor: oldest }, answer) === 'whole') {
      this.#tell(span, at);
      this.#write(at, {
        kind: 'RECOVERED',
        cause: 'REST has the trades of the end of the span',
        resolved: true,
        from: Math.max(reach, span.from),
        to: span.to,
        tradesRecovered: span.found,
      });
      span.to = Math.max(reach, span.from);
      span.first = oldest;
      span.found = 0;
    }
    if (isHopeless(span)) {
      this.#giveUp(
        span,
        at,
        `REST goes back to ${oldest ? new Date(oldest.ts).toISOString() : 'nothing'} only`,
      );
    }
  }

  #forget(at: Instant): void {
    const { continuity } = this;
    const closed = this.#closed();
    for (const [i, span] of closed.entries()) {
      if (closed.length - i > MOST_LOST_SPANS) this.#giveUp(span, at, 'too many spans at once');
      else if (span.to! <= this.#options.state.known.horizon) this.#giveUp(span, at, 'too long ago');
      else if (at.network > span.closedAt + LONGEST_TRY_MS) this.#giveUp(span, at, 'REST is not reachable');
    }
    continuity.forgetBefore(Math.min(continuity.frontier, at.market) - 3_700_000);
  }

  #giveUp(span: LostSpan, at: Instant, why: string): void {
    this.lost++;
    this.continuity.giveUp(span, span.to!);
    this.#options.onLost(span.from, span.to!);
    this.#write(at, { kind: 'GAP', cause: `${span.cause}; ${why}: lost`, from: span.from, to: span.to });
  }

  /** A hole that was filled before it was worth a word is none. */
  #filled(span: LostSpan, at: Instant): void {
    if (span.isTold) this.#resolve(span, at);
    else this.continuity.resolve(span);
  }

  #resolve(span: LostSpan, at: Instant): void {
    this.continuity.resolve(span);
    this.#tell(span, at);
    this.#write(at, {
      kind: 'RECOVERED',
      cause: span.cause,
      from: span.from,
      to: span.to,
      tradesRecovered: span.found,
      resolved: true,
    });
  }

  #tell(span: LostSpan, at: Instant): void {
    if (span.isTold) return;
    span.isTold = true;
    this.#write(at, { kind: 'GAP', cause: span.cause, from: span.from, to: span.to });
  }

  /** By number where ids count up, else by time. */
  #count(trade: TradeRow, isRecovered = false): void {
    for (const span of this.continuity.lost) {
      const isOf =
        this.#options.hasContiguousIds && span.anchor ? isBetween(span, trade) : isNear(span, trade);
      if (!isOf || !(isRecovered || (this.#options.hasContiguousIds && span.anchor))) continue;
      span.found++;
      return;
    }
  }

  /** Those that have an end, oldest first. */
  #closed(): LostSpan[] {
    return this.continuity.lost.filter(({ to }) => to !== null).sort((a, b) => a.from - b.from);
  }

  #write(at: Instant, entry: Entry): void {
    this.#options.write(at, entry);
  }
}

function isBetween({ anchor, first }: LostSpan, { seq }: TradeRow): boolean {
  return seq > anchor!.seq && (first === null || seq < first.seq);
}

function isNear({ from, to }: LostSpan, { ts }: TradeRow): boolean {
  return ts >= from - EDGE_MS && ts <= (to ?? ts) + EDGE_MS;
}
