/**
 * How much one symbol makes; slow tests measure it again with `test/message-rates.fixture.ts`. Trades and snapshots
 * come of a capture of Bybit (BTC, ETH, SOL, DOGE: 43 s of a Sunday), all else of 30 days of bars of five Bybit
 * perpetuals through graph, MACRO and a desk with one book, all in their default parameters.
 */
import type { TopicName } from '../../schemas/topics.ts';

export const MEASURED = '2026-11-21';

export interface Rate {
  /** Messages a day. */
  readonly perDay: number;
  /** Of a message as Pub/Sub counts it: body, attributes, ordering key, time, id. */
  readonly messageBytes: number;
  /** Of a row as BigQuery counts it, by the types of its columns. */
  readonly rowBytes: number;
}

/** Of a symbol, or of the pair that it is. Trades: see `TRADES`. */
export const RATES: Readonly<Record<Exclude<TopicName, 'feed-events' | 'dead-letters'>, Rate>> = {
  'raw-tick-data': { perDay: 36_332, messageBytes: 482, rowBytes: 148 },
  // One each second.
  'book-snapshots': { perDay: 86_400, messageBytes: 747, rowBytes: 213 },
  'market-candles': { perDay: 1_854, messageBytes: 505, rowBytes: 127 },
  'market-levels': { perDay: 96, messageBytes: 1_043, rowBytes: 299 },
  'market-features': { perDay: 1_440, messageBytes: 1_093, rowBytes: 230 },
  'trade-signals-micro': { perDay: 15.4, messageBytes: 1_357, rowBytes: 752 },
  'macro-bias-updates': { perDay: 96, messageBytes: 719, rowBytes: 438 },
  'trade-signals-macro': { perDay: 0.64, messageBytes: 562, rowBytes: 243 },
  'position-events': { perDay: 27.8, messageBytes: 847, rowBytes: 368 },
};

/** Of the capture that the rate of `raw-tick-data` is of. */
export const TRADES = { perSecond: 1.94, perBatch: 4.61 } as const;

/** What nobody has measured: said, so that it can be doubted. */
export const ASSUMED = {
  /** Gaps, reconnects and refusals of a good day. */
  rareEventsPerDay: 2,
  rareEventBytes: 1_000,
  /** How long a request keeps an instance, where it is not short. Unit: s. */
  requestSeconds: { 'macro-engine': 10, 'chart-renderer': 1, 'telegram-webhook': 1, 'tick-sink': 15 },
  /** CPU of a push: 0.5 to 0.75 ms were measured with the embedded store; Bigtable's client and Google's tokens come to it. Unit: s. */
  cpuSecondsPerRequest: 0.002,
  /** Share of an instance's CPU at which Cloud Run starts another. */
  cpuTarget: 0.6,
  /** People's commands a day. */
  commandsPerDay: 50,
  /** Dataflow: a worker and its disk; bytes are shuffled about this often on their way. */
  worker: { vcpu: 2, memoryGiB: 8, diskGiB: 30, shuffles: 4 },
  /** Of a compressed image. */
  imageGiB: 0.35,
  /** Of a service a month. Unit: GiB. */
  logGiB: 0.5,
  /** Between scrapes. Unit: s. */
  scrapeSeconds: 30,
  /** Renewals of a lease. Unit: s. */
  leaseSeconds: 5,
  /** What relays ask exchanges and Telegram is sent. Unit: GiB a month. */
  egressGiB: 1,
  /** Look-backs of analysts and dashboards. Unit: TiB a month. */
  queriesTiB: 0.2,
} as const;
