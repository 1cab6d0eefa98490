/** What can go wrong on an exchange and on the way from it: the kinds of faults, and a schedule of them as plain data. */
import { z } from 'zod';
import { STREAM_KINDS, type StreamKind } from '../../market-event.ts';

/** Lowest and highest that a chaos schedule draws. */
type Range = readonly [number, number];

interface FaultKindInfo {
  readonly what: string;
  /** How long it lasts, for `forMs`. Absent where it is over at once. Unit: ms. */
  readonly forMs?: Range;
  /** What `amount` counts, and how many. */
  readonly amount?: { readonly unit: string; readonly range: Range };
  /** HTTP statuses to choose from. */
  readonly statuses?: readonly number[];
  /** It hits one symbol, or one stream of it (of one of these kinds). */
  readonly of?: 'symbol' | readonly StreamKind[];
  /** It acts on connections: on all there are, or on one. */
  readonly isOnConnections?: boolean;
  readonly isOfKraken?: boolean;
}

const frames = (from: number, to: number) => ({ unit: 'frames', range: [from, to] as const });

export const FAULTS = {
  drop: { what: 'The connection is cut.', isOnConnections: true },
  halfOpen: { what: 'Nothing arrives any more, either way, and nothing is closed.', isOnConnections: true },
  stall: { what: 'All frames wait for its end.', forMs: [500, 20_000], isOnConnections: true },
  slowReader: {
    what: 'Frames pass at so many bytes a second; with 256 KiB waiting the exchange cuts the connection.',
    forMs: [5_000, 60_000],
    amount: { unit: 'bytes/s', range: [2_000, 50_000] },
    isOnConnections: true,
  },
  reorder: {
    what: 'Data frames change places with the next one.',
    forMs: [30_000, 30_000],
    amount: frames(1, 20),
    isOnConnections: true,
  },
  duplicate: {
    what: 'Data frames come twice.',
    forMs: [30_000, 30_000],
    amount: frames(1, 50),
    isOnConnections: true,
  },
  gap: {
    what: 'Frames of one stream are lost without a sign.',
    forMs: [60_000, 60_000],
    amount: frames(1, 20),
    of: ['trades', 'book', 'ticker', 'kline'],
    isOnConnections: true,
  },
  deadStream: {
    what: 'A stream falls silent, until it is subscribed anew or its time is over; all else goes on.',
    forMs: [30_000, 600_000],
    of: ['trades', 'book', 'ticker', 'kline'],
    isOnConnections: true,
  },
  snapshotStorm: {
    what: 'Each step brings whole books in mid-stream.',
    forMs: [30_000, 30_000],
    amount: { unit: 'times', range: [1, 50] },
    isOnConnections: true,
  },
  brokenBook: {
    what: 'Book updates break their chain: a counter that leaps (Bybit), a wrong checksum (Kraken).',
    forMs: [30_000, 30_000],
    amount: frames(1, 3),
    of: ['book'],
    isOnConnections: true,
  },
  garbage: { what: 'Texts that are no JSON.', amount: frames(1, 20), isOnConnections: true },
  rawBytes: {
    what: 'Bytes that are no WebSocket frame: the client must give the connection up.',
    amount: { unit: 'bytes', range: [16, 512] },
    isOnConnections: true,
  },
  truncated: {
    what: 'Data frames are cut off in their middle.',
    forMs: [30_000, 30_000],
    amount: frames(1, 5),
    isOnConnections: true,
  },
  hugeFrame: {
    what: 'A frame of an unknown stream, well formed and of this size.',
    amount: { unit: 'bytes', range: [1_000_000, 4_000_000] },
    isOnConnections: true,
  },
  unknownChannel: {
    what: 'Frames of a stream nobody asked for.',
    amount: frames(1, 10),
    isOnConnections: true,
  },
  lateAck: {
    what: 'Acknowledgements come so much later than the data.',
    forMs: [60_000, 180_000],
    amount: { unit: 'ms', range: [200, 8_000] },
    isOnConnections: true,
  },
  refusedSubscription: {
    what: 'Subscriptions of a symbol are refused.',
    forMs: [5_000, 120_000],
    of: 'symbol',
  },
  handshakeRefused: {
    what: 'New connections are refused with Retry-After.',
    forMs: [2_000, 60_000],
    statuses: [429, 418],
  },
  restLimited: {
    what: 'REST answers with this status and Retry-After.',
    forMs: [2_000, 60_000],
    statuses: [429, 418],
  },
  restDown: { what: 'REST answers 5xx.', forMs: [2_000, 120_000], statuses: [500, 502, 503, 504] },
  restStale: { what: 'REST answers what it would have at the beginning.', forMs: [5_000, 120_000] },
  restSlow: {
    what: 'REST answers so much later.',
    forMs: [5_000, 120_000],
    amount: { unit: 'ms', range: [500, 40_000] },
  },
  clockSkew: {
    what: 'The exchange’s clock, and with it every stamp, goes wrong by so much, at half a ms a ms.',
    forMs: [30_000, 600_000],
    amount: { unit: 'ms', range: [-3_000, 3_000] },
  },
  restart: {
    what: 'All connections are cut, new ones and REST refused, book counters begin anew.',
    forMs: [1_000, 45_000],
  },
  maintenance: {
    what: 'The exchange says so; nothing trades, REST is unavailable.',
    forMs: [10_000, 180_000],
    isOfKraken: true,
  },
  delisting: {
    what: 'The symbol is gone: silent, refused, unknown to REST. For ever without `forMs`.',
    forMs: [60_000, 600_000],
    of: 'symbol',
  },
  halt: { what: 'The symbol does not trade.', forMs: [10_000, 300_000], of: 'symbol' },
} as const satisfies Readonly<Record<string, FaultKindInfo>>;

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

export function faultInfo(kind: FaultKind): FaultKindInfo {
  return FAULTS[kind];
}

const Whole = z.number().int();
const MAX_MS = 100 * 24 * 3_600_000;

export const Fault = z
  .strictObject({
    kind: z.enum(FAULT_KINDS as [FaultKind, ...FaultKind[]]),
    venue: z.enum(['bybit', 'kraken']),
    afterMs: Whole.min(0).max(MAX_MS).describe('When it begins, counted from when the schedule was given.'),
    forMs: Whole.min(0)
      .max(MAX_MS)
      .optional()
      .describe('How long it lasts; default: the shortest of its kind.'),
    amount: Whole.min(-100_000_000)
      .max(100_000_000)
      .optional()
      .describe('Frames, bytes, or ms, by kind; default: the least of its kind.'),
    status: Whole.min(400).max(599).optional().describe('Of HTTP answers; default: the first of its kind.'),
    symbol: z.string().max(64).optional().describe('Default: every symbol; delisting and halt need one.'),
    stream: z.enum(STREAM_KINDS).optional().describe('Default: the first of its kind.'),
    scope: z.enum(['all', 'one']).optional().describe('Connections it hits; default: all.'),
  })
  .refine(
    ({ kind, venue }) => venue === 'kraken' || !faultInfo(kind).isOfKraken,
    'only Kraken has this fault',
  )
  .refine(
    ({ kind, symbol }) => symbol !== undefined || (kind !== 'delisting' && kind !== 'halt'),
    'this fault needs a symbol',
  )
  .refine(({ kind, amount = 1 }) => amount > 0 || kind === 'clockSkew', 'expected an amount of 1 or more');
export type Fault = z.infer<typeof Fault>;

/** What a fault did. */
export interface Tally {
  connections: number;
  /** Frames the client never got, or not as they were. */
  framesLost: number;
  framesChanged: number;
  /** Frames that came later than sent, or out of their order. */
  framesDelayed: number;
  framesAdded: number;
  /** Trades in frames that were lost or cannot be read. */
  tradesWithheld: number;
  /** Handshakes, subscriptions and REST requests that were answered otherwise. */
  answers: number;
}

export function newTally(): Tally {
  return {
    connections: 0,
    framesLost: 0,
    framesChanged: 0,
    framesDelayed: 0,
    framesAdded: 0,
    tradesWithheld: 0,
    answers: 0,
  };
}
