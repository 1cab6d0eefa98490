/** A synthetic market as the source of `raw-tick-data`: encoded batches with claims, made as they are read. */
import type { SourceChunk, SourceMessage, SourceReader } from '../pipelines/runners/embedded/edges.ts';
import { MINUTE_MS, streamKey } from '../schemas/primitives.ts';
import { encodePubsubMessage, standardAttributes } from '../schemas/pubsub-message.ts';
import { encodeTradeColumns } from '../schemas/trade-batch.ts';
import { type Columns, newColumns, START, SymbolMarket, symbolsOf, VENUE } from './market.ts';

const DISORDER_MS = 2_000;
/** Rows of one message at most. */
const MAX_ROWS = 4_096;

export interface FeedOptions {
  readonly symbols: number;
  /** Trades a second of one symbol. */
  readonly rate: number;
  /** Market time from START. Unit: ms. */
  readonly spanMs: number;
  /** Market time of one batch: 100 as live, a minute as in a replay. Divides a second, or is whole seconds. */
  readonly batchMs: number;
}

export class Feed implements SourceReader {
  trades = 0;
  bytes = 0;
  readonly #options: FeedOptions;
  readonly #markets: readonly SymbolMarket[];
  readonly #columns: Columns = newColumns(MAX_ROWS);
  #at = START;
  #sent = 0;
  /** Everything before it has been vouched for. */
  #claimed = START;
  #isWarm = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#markets = symbolsOf(options.symbols).map(
      (symbol, i) => new SymbolMarket(symbol, options.rate, i + 1),
    );
  }

  get symbolMinutes(): number {
    return (this.#options.symbols * this.#options.spanMs) / MINUTE_MS;
  }

  /** The first chunk is empty: it closes what history holds. */
  read(): SourceChunk | undefined {
    if (!this.#isWarm) {
      this.#isWarm = true;
      return { messages: [], watermarkMs: START - 1 };
    }
    if (this.#at >= START + this.#options.spanMs) return undefined;
    this.#at += this.#options.batchMs;
    const claimTo = this.#at % 1_000 === 0 ? this.#at : this.#claimed;
    const messages: SourceMessage[] = [];
    for (const market of this.#markets) this.#send(market, claimTo, messages);
    this.#claimed = claimTo;
    return { messages, watermarkMs: this.#at - DISORDER_MS };
  }

  close(): void {
    this.#at = Number.POSITIVE_INFINITY;
  }

  /** A symbol's trades of this step; the last of its messages carries the claim. */
  #send(market: SymbolMarket, claimTo: number, into: SourceMessage[]): void {
    const columns = this.#columns;
    const { symbol } = market;
    let isAll = false;
    while (!isAll) {
      columns.count = 0;
      const last = market.last;
      isAll = market.take(this.#at, columns);
      const claim = isAll && claimTo > this.#claimed ? { fromMs: this.#claimed, toMs: claimTo } : null;
      if (columns.count === 0 && claim === null) return;
      const rows = { ...columns, from: 0, to: columns.count, ids: 'seq' as const };
      const data = encodeTradeColumns({ venue: VENUE, symbol, claim, last, ...rows });
      const eventTimeMs = columns.ts[columns.count - 1] ?? this.#at - 1;
      into.push(this.#message(data, symbol, columns.count > 0 ? eventTimeMs : this.#at - 1));
      this.trades += columns.count;
    }
  }

  #message(data: Uint8Array, symbol: string, eventTimeMs: number): SourceMessage {
    const orderingKey = streamKey(VENUE, symbol);
    const attributes = standardAttributes(`bench:${this.#sent++}`, eventTimeMs);
    const bytes = encodePubsubMessage({ data, attributes, messageId: '', orderingKey });
    this.bytes += bytes.length;
    return { bytes, eventTimeMs, ack: nothingToAcknowledge };
  }
}

function nothingToAcknowledge(): void {}
