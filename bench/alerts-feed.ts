/** The market of the alerts' benchmark in real time: what a relay publishes of it. */
import type { MessageBus } from '../connectors/bus/port.ts';
import type { Clock } from '../connectors/clock/port.ts';
import { BookSnapshot } from '../schemas/book-snapshot.ts';
import { MINUTE_MS, streamKey } from '../schemas/primitives.ts';
import { decodePubsubMessage, standardAttributes } from '../schemas/pubsub-message.ts';
import { wireJson } from '../schemas/wire-json.ts';
import { Feed } from './feed.ts';
import { DENSE, START, symbolsOf, VENUE } from './market.ts';

export const SYMBOLS = symbolsOf(25);
const BATCH_MS = 100;
const MINUTES = 10;

/** Batches each 100 ms, snapshots each second, as a relay publishes them. */
export async function play(bus: MessageBus, clock: Clock): Promise<void> {
  const feed = new Feed({
    symbols: SYMBOLS.length,
    rate: DENSE,
    spanMs: MINUTES * MINUTE_MS,
    batchMs: BATCH_MS,
  });
  feed.read();
  for (let at = START + BATCH_MS; ; at += BATCH_MS) {
    const chunk = feed.read();
    if (chunk === undefined) return;
    await clock.until(at);
    const trades = chunk.messages.map(({ bytes }) => decodePubsubMessage(bytes));
    const published = [bus.publish('raw-tick-data', trades)];
    if (at % 1_000 === 0)
      published.push(
        bus.publish(
          'book-snapshots',
          SYMBOLS.map((s) => snapshot(s, at)),
        ),
      );
    await Promise.all(published);
  }
}

/** Of the second that ends at `end`. */
function snapshot(symbol: string, end: number) {
  const [ts, key] = [end - 1_000, streamKey(VENUE, symbol)];
  const depth = { bps5: 5, bps10: 10, bps25: 25, bps50: 50 };
  const record: BookSnapshot = {
    id: `${key}:${ts}`,
    venue: VENUE,
    symbol,
    ts,
    bestBid: 29_999.9,
    bestAsk: 30_000.1,
    bidDepth: depth,
    askDepth: depth,
    lastPrice: 30_000,
    lastTradeTs: end - 5,
    lastTradeSeq: 1,
    fundingRate: 0.0001,
    nextFundingTime: null,
    markPrice: 30_000,
    openInterest: 1_000,
    connected: true,
    lastTradeAgeMs: 5,
    desyncMs: 0,
    publishedTrades: 0,
  };
  const data = Buffer.from(wireJson(BookSnapshot, record));
  return { data, attributes: standardAttributes(record.id, end), orderingKey: key };
}
