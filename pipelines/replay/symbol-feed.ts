/** One symbol of a replay as its publisher: gathers rows into batches and vouches for the time they cover. */
import type { TradeRows } from '../../connectors/files/rows.ts';
import type { Candle } from '../../schemas/candle.ts';
import { WireFormatError } from '../../schemas/errors.ts';
import { streamKey, type Venue } from '../../schemas/primitives.ts';
import { encodePubsubMessage, standardAttributes } from '../../schemas/pubsub-message.ts';
import {
  type Claim,
  encodeBarBatch,
  encodeTradeColumns,
  type KnownTrade,
} from '../../schemas/trade-batch.ts';
import type { SourceMessage } from '../runners/embedded/edges.ts';
import { STEP_MS } from './market-time.ts';
import { MAX_ROWS, PendingRows } from './pending-rows.ts';

export interface Outbox {
  push(message: SourceMessage): unknown;
}

export class SymbolFeed {
  /** Everything before it has been vouched for; −Infinity before the first row. Unit: ms. */
  claimed = Number.NEGATIVE_INFINITY;
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

  add(rows: TradeRows, from: number, to: number): void {
    for (let at = from; at < to; ) {
      at += this.#pending.take(rows, at, to);
      if (this.#pending.count === MAX_ROWS) this.#sendRows(null, 0, MAX_ROWS);
    }
    this.#learn(rows, from, to);
  }

  /** Sends what is pending, and vouches for everything up to `toMs`. Call it before a row that is newer than `toMs`. */
  claim(toMs: number): void {
    const claim = this.#nextClaim(toMs);
    if (this.#pending.count > 0) this.#sendRows(claim, 0, this.#pending.count);
    else if (claim) this.#sendRows(claim, 0, 0);
    for (let next = this.#nextClaim(toMs); next; next = this.#nextClaim(toMs)) this.#sendRows(next, 0, 0);
  }

  /** Sends bars that close at `end`; they speak for themselves, so nothing is vouched for. */
  sendBars(candles: readonly Candle[], end: number): void {
    this.#emit(encodeBarBatch({ venue: this.#venue, symbol: this.#symbol, candles }), end - 1);
    const { close } = candles.at(-1)!;
    if (!this.#last || this.#last.ts < end) this.#last = { ts: end - 1, seq: 0, price: close };
  }

  #nextClaim(toMs: number): Claim | null {
    if (this.claimed >= toMs) return null;
    const claim = { fromMs: this.claimed, toMs: Math.min(toMs, this.claimed + STEP_MS) };
    this.claimed = claim.toMs;
    return claim;
  }

  /** Pending rows [from, to) as one message, or as more where rows of very different scale do not fit into one. */
  #sendRows(claim: Claim | null, from: number, to: number): void {
    const { ts, seq, price, size, buy, ids } = this.#pending;
    const [venue, symbol, last] = [this.#venue, this.#symbol, this.#last];
    try {
      const rows = { from, to, ts, seq, price, size, buy, ids };
      const newest = to > from ? ts[to - 1]! : claim!.toMs - 1;
      this.#emit(encodeTradeColumns({ venue, symbol, claim, last, ...rows }), newest);
    } catch (error) {
      if (!(error instanceof WireFormatError) || to - from <= 1) throw error;
      const middle = (from + to) >> 1;
      this.#sendRows(claim, from, middle);
      this.#sendRows(null, middle, to);
    }
    this.#pending.clear();
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
