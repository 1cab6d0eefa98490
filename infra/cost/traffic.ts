/** What travels in a month, by topic: measured rates times symbols. Pure. */
import { GRAPH_INPUTS } from '../../schemas/subscriptions.ts';
import { TOPIC_NAMES, type TopicName } from '../../schemas/topics.ts';
import type { Config } from '../pulumi/config.ts';
import { DAYS, SECONDS } from './bill.ts';
import { ASSUMED, RATES, type Rate, TRADES } from './rates.ts';

export interface Load {
  /** Streams of all venues together. */
  readonly symbols: number;
  /** Mean of a symbol. */
  readonly tradesPerSecond: number;
}

export interface Flow {
  /** A month. */
  readonly messages: number;
  readonly messageBytes: number;
  /** A day. */
  readonly rowsPerDay: number;
  readonly rowBytes: number;
}

export type Traffic = Readonly<Record<TopicName, Flow>>;

/** A batch waits 100 ms for its trades: no symbol has more in a second. */
const MAX_BATCHES_PER_SECOND = 10;

/** One graph on one node holds the messages of some minutes, 500,000 at most. Unit: messages a second. */
export const NODE_TAKES = 550;

/** What the stack's own settings ask for. */
export function loadOf({ relays }: Config): Load {
  const sizes = relays.map(({ symbols, universe }) => symbols.length || universe);
  return { symbols: sizes.reduce((sum, size) => sum + size, 0), tradesPerSecond: TRADES.perSecond };
}

/** Messages a second that the graph reads. */
export function graphReads(config: Config, load: Load): number {
  const traffic = trafficOf(config, load);
  return GRAPH_INPUTS.reduce((sum, topic) => sum + traffic[topic].messages, 0) / SECONDS;
}

export function trafficOf(config: Config, load: Load): Traffic {
  const flows = TOPIC_NAMES.map((topic) => [topic, flowOf(topic, config, load)] as const);
  return Object.fromEntries(flows) as unknown as Traffic;
}

function flowOf(topic: TopicName, config: Config, load: Load): Flow {
  if (topic === 'raw-tick-data') return tradesOf(load);
  if (topic === 'feed-events' || topic === 'dead-letters') return rareOf(load);
  const rate = RATES[topic];
  return flow(rate, rate.perDay * makersOf(topic, config, load));
}

/** How many make as much as the rate says. */
function makersOf(topic: TopicName, { instruments, deskParams }: Config, { symbols }: Load): number {
  const books = Array.isArray(deskParams.books) ? deskParams.books.length : 1;
  // MACRO judges the pairs of its instruments, whoever trades them.
  if (topic === 'macro-bias-updates' || topic === 'trade-signals-macro') return instruments.length;
  return topic === 'position-events' ? symbols * books : symbols;
}

/** More trades first make more batches, then longer ones. */
function tradesOf({ symbols, tradesPerSecond }: Load): Flow {
  const perSecond = Math.min(MAX_BATCHES_PER_SECOND, tradesPerSecond / TRADES.perBatch);
  const { messageBytes, rowBytes } = RATES['raw-tick-data'];
  const longer = perSecond === 0 ? 1 : tradesPerSecond / perSecond / TRADES.perBatch;
  return {
    messages: symbols * perSecond * 86_400 * DAYS,
    messageBytes: messageBytes * longer,
    rowsPerDay: symbols * tradesPerSecond * 86_400,
    rowBytes,
  };
}

function rareOf({ symbols }: Load): Flow {
  const { rareEventsPerDay: perDay, rareEventBytes: bytes } = ASSUMED;
  return flow({ perDay, messageBytes: bytes, rowBytes: bytes }, symbols * perDay);
}

function flow({ messageBytes, rowBytes }: Rate, perDay: number): Flow {
  return { messages: perDay * DAYS, messageBytes, rowsPerDay: perDay, rowBytes };
}
