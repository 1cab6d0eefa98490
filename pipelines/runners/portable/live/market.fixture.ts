/** A stretch of the simulated market as the relay publishes it, for tests: batches and snapshots that say where they stand. */
import type { OutgoingMessage } from '../../../../connectors/bus/port.ts';
import { SimulatedMarket } from '../../../../connectors/exchanges/simulated/market.ts';
import { positionAttribute } from '../../../../schemas/feed-position.ts';
import { decodePubsubMessage, encodePubsubMessage } from '../../../../schemas/pubsub-message.ts';
import { type Market, type Message, snapshotMessage, tradesMessage } from '../../../signals.fixture.ts';
import { simulatedTrades } from '../../../simulated.fixture.ts';

const SECOND = 1_000;

export interface MarketMessages {
  readonly trades: readonly Message[];
  readonly books: readonly Message[];
}

/** [fromMs, toMs), both whole minutes, in order of time; begins with the snapshot of the second before. */
export function marketMessages(
  seed: number,
  symbols: readonly string[],
  fromMs: number,
  toMs: number,
): MarketMessages {
  const market = new SimulatedMarket(seed);
  const trades: Message[] = [];
  const books: Message[] = [];
  for (const symbol of symbols) {
    const of: Market = { venue: 'bybit', symbol };
    const rows = simulatedTrades(market.of(symbol), fromMs, toMs);
    let next = 0;
    for (let at = fromMs - SECOND; at < toMs; at += SECOND) {
      const from = next;
      while (next < rows.length && rows[next]!.ts < at + SECOND) next += 1;
      const last = rows[next - 1] ?? null;
      books.push(placed(snapshotMessage(of, at, true, last), { since: 1, from: next, to: next }));
      if (from < next)
        trades.push(placed(tradesMessage(of, rows.slice(from, next)), { since: 1, from, to: next }));
    }
  }
  const byTime = (a: Message, b: Message) => a.eventTimeMs - b.eventTimeMs;
  return { trades: trades.sort(byTime), books: books.sort(byTime) };
}

export function outgoing({ bytes }: Message): OutgoingMessage {
  const { data, attributes, orderingKey } = decodePubsubMessage(bytes);
  return { data, attributes, orderingKey };
}

function placed(message: Message, position: Parameters<typeof positionAttribute>[0]): Message {
  const decoded = decodePubsubMessage(message.bytes);
  const attributes = { ...decoded.attributes, ...positionAttribute(position) };
  return { ...message, bytes: encodePubsubMessage({ ...decoded, attributes }) };
}
