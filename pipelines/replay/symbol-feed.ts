/** One symbol of a replay as its publisher: gathers rows into batches and vouches for the time they cover. */
import type { TradeRows } from '../../connectors/files/rows.ts';
import { type Candle, closeTime } from '../../schemas/candle.ts';
import { WireFormatError } from '../../schemas/errors.ts';
import { closeAfter, floorTo, MINUTE_MS, streamKey, type Venue } from '../../schemas/primitives.ts';
import { encodePubsubMessage, standardAttributes } from '../../schemas/pubsub-message.ts';
import {
  type Claim,
  encodeBarBatch,
  encodeTradeColumns,
  type KnownTrade,
} from '../../schemas/trade-batch.ts';
import type { SourceMessage } from '../runners/embedded/edges.ts';
import { SECOND_MS, STEP_MS } from './market-time.ts';
import { MAX_ROWS, PendingRows } from './pending-rows.ts';

export interface Outbox {
  push(message: SourceMessage): unknown;
  /** Market time as bars see it: those that closed by then know nothing of what is sent from now on. Unit: ms. */
  readonly sentAt: number;
}

export class SymbolFeed {
  /** Everything in [start, claimed) has been vouched for, holes apart; −Infinity before the first row. Unit: ms. */
  claimed = Number.NEGATIVE_INFINITY;
  /** Nothing from here on is ever vouched for. Unit: ms. */
  until = Number.POSITIVE_INFINITY;
  #start = Number.POSITIVE_INFINITY;
  /** Older than all vouched for so far, to be vouched for with the next message. */
  #older: Claim | null = null;
  /** Opens of the seconds in which something is known to be missing. Unit: ms. */
  readonly #holes = new Set<number>();
  readonly #venue: Venue;
  readonly #symbol: string;
  readonly #out: Outbox;
  readonly #pending = new PendingRows();
  #last: KnownTrade | null = null;
  #sent = 0;

  /** @param out Takes the messages, in order. */
  constructor(venue: Venue, symbol: string, out: Outbox) {
    this.#venue = venue;
    this.#symbol = symbol;
    this.#out = out;
  }

  get hasStarted(): boolean {
    return this.claimed !== Number.NEGATIVE_INFINITY;
  }

  /** Where it vouches from; Infinity before the first row. Unit: ms. */
  get start(): number {
    return this.#start;
  }

  /** Time of the newest row; −Infinity before the first. Unit: ms. */
  get newest(): number {
    return this.#last?.ts ?? Number.NEGATIVE_INFINITY;
  }

  /** Vouches from `fromMs` on, a whole second: with the first row, or with one from before the start. */
  startAt(fromMs: number): void {
    if (fromMs >= this.#start) return;
    if (this.hasStarted) this.#older = { fromMs, toMs: this.#older?.toMs ?? this.#start };
    else this.claimed = fromMs;
    this.#start = fromMs;
  }

  /** Something of [fromMs, toMs) is missing: its seconds are not vouched for, unless they have been already. */
  leaveOut(fromMs: number, toMs: number): void {
    for (let ms = floorTo(fromMs, SECOND_MS); ms < toMs; ms += SECOND_MS) this.#holes.add(ms);
  }

  /** True where there is time before `toMs` that it is still to vouch for. */
  isBehind(toMs: number): boolean {
    return this.hasStarted && this.claimed < Math.min(toMs, this.until);
  }

  add(rows: TradeRows, from: number, to: number): void {
    for (let at = from; at < to; ) {
      at += this.#pending.take(rows, at, to);
      if (this.#pending.count === MAX_ROWS) this.#sendRows(null, 0, MAX_ROWS);
    }
    this.#learn(rows, from, to);
  }

  /** Sends what is pending, and vouches for everything up to `toMs`. Call it before a row that is newer than `toMs`. */
  claim(toMs: number): void {
    for (const claim of this.#claims(toMs)) this.#sendRows(claim, 0, this.#pending.count);
    if (this.#pending.count > 0) this.#sendRows(null, 0, this.#pending.count);
  }

  /** Sends bars, one at least; they speak for themselves, so nothing is vouched for. */
  sendBars(candles: readonly Candle[]): void {
    const newest = candles.reduce((a, b) => (b.openTime >= a.openTime ? b : a));
    const ts = closeTime(newest) - 1;
    const earliest = candles.reduce((ms, bar) => Math.min(ms, closeTime(bar)), ts + 1);
    const batch = { venue: this.#venue, symbol: this.#symbol, candles, sentAt: this.#sentAfter(earliest) };
    this.#emit(encodeBarBatch(batch), ts);
    if (ts >= this.newest) this.#last = { ts, seq: 0, price: newest.close };
  }

  *#claims(toMs: number): Iterable<Claim> {
    const older = this.#older;
    this.#older = null;
    if (older) yield* this.#spans(older.fromMs, older.toMs);
    const from = this.claimed;
    const to = Math.min(toMs, this.until);
    if (!this.hasStarted || from >= to) return;
    this.claimed = to;
    yield* this.#spans(from, to);
  }

  /** [fromMs, toMs) without its holes, in spans of one message each. */
  *#spans(fromMs: number, toMs: number): Iterable<Claim> {
    let from = fromMs;
    while (from < toMs) {
      const limit = Math.min(toMs, from + STEP_MS);
      const to = this.#holes.size > 0 ? this.#nextHole(from, limit) : limit;
      if (to > from) yield { fromMs: from, toMs: to };
      from = to < limit ? to + SECOND_MS : to;
    }
  }

  /** Open of the first hole in [fromMs, limit), else `limit`. */
  #nextHole(fromMs: number, limit: number): number {
    let ms = fromMs;
    while (ms < limit && !this.#holes.has(ms)) ms += SECOND_MS;
    return ms;
  }

  /** Pending rows [from, to) as one message, or as more where rows of very different scale do not fit into one. */
  #sendRows(claim: Claim | null, from: number, to: number): void {
    const { ts, seq, price, size, buy, ids } = this.#pending;
    const [venue, symbol, last] = [this.#venue, this.#symbol, this.#last];
    try {
      const rows = { from, to, ts, seq, price, size, buy, ids };
      const newest = to > from ? ts[to - 1]! : claim!.toMs - 1;
      const earliest = ts.subarray(from, to).reduce((ms, t) => Math.min(ms, t), claim?.fromMs ?? newest);
      const sentAt = this.#sentAfter(closeAfter(earliest, MINUTE_MS));
      this.#emit(encodeTradeColumns({ venue, symbol, claim, last, sentAt, ...rows }), newest);
    } catch (error) {
      if (!(error instanceof WireFormatError) || to - from <= 1) throw error;
      const middle = (from + to) >> 1;
      this.#sendRows(claim, from, middle);
      this.#sendRows(null, middle, to);
    }
    this.#pending.clear();
  }

  /** When it is sent, where the earliest bar it tells of had ended by then. */
  #sentAfter(end: number): number | null {
    return this.#out.sentAt >= end ? this.#out.sentAt : null;
  }

  #learn({ ts, seq, price }: TradeRows, from: number, to: number): void {
    let best = -1;
    let bestTs = this.#last?.ts ?? -1;
    let bestSeq = this.#last?.seq ?? -1;
    for (let i = from; i < to; i++) {
      if (ts[i]! < bestTs || (ts[i] === bestTs && seq[i]! <= bestSeq)) continue;
      best = i;
      bestTs = ts[i]!;
      bestSeq = seq[i]!;
    }
    if (best >= 0) this.#last = { ts: bestTs, seq: bestSeq, price: price[best]! };
  }

  #emit(data: Uint8Array, eventTimeMs: number): void {
    const key = streamKey(this.#venue, this.#symbol);
    const attributes = standardAttributes(`replay:${key}:${this.#sent++}`, eventTimeMs);
    const bytes = encodePubsubMessage({ data, attributes, messageId: '', orderingKey: key });
    this.#out.push({ bytes, eventTimeMs, ack: nothingToAcknowledge });
  }
}

/** The file stays where it is: a replay that fails is begun again. */
function nothingToAcknowledge(): void {}
