/** Two twins, a schedule of faults, and feeds of one and of two connections on each, for hours of virtual time. */
import { bybitAdapter } from '../../connectors/exchanges/bybit/adapter.ts';
import { krakenAdapter } from '../../connectors/exchanges/kraken/adapter.ts';
import { chaosSchedule } from '../../connectors/exchanges/simulated/faults/chaos.ts';
import type { FaultKind } from '../../connectors/exchanges/simulated/faults/faults.ts';
import { SimulatedMarket } from '../../connectors/exchanges/simulated/market.ts';
import { ExchangeTwin, type FaultReport } from '../../connectors/exchanges/simulated/twin.ts';
import { hash32 } from '../../connectors/random.ts';
import { HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { Lane } from './lane.ts';
import { twinFetch } from './rest-way.ts';
import { VirtualTime } from './virtual-time.ts';

export interface ChaosRunOptions {
  readonly seed: number;
  readonly hours: number;
  readonly perHour: number;
  readonly kinds?: readonly FaultKind[];
  /** Where it is not played to its end. Unit: ms since the epoch. */
  readonly untilMs?: number;
}

export const START = Date.UTC(2026, 2, 1, 12);
export const SYMBOLS = {
  bybit: ['BTCUSDT', 'SOLUSDT', 'LTCUSDT'],
  kraken: ['BTC/USDT', 'LTC/USDT'],
} as const;
export const VENUES = ['bybit', 'kraken'] as const;
export type VenueName = (typeof VENUES)[number];
const COPIES = [1, 2] as const;
/** The twin's own step: nothing happens on an exchange between two. Unit: ms. */
const STEP_MS = 100;
/** Half of the time is spent on books: fewer changes of them, and fewer levels, leave all else as it is. Unit: ms. */
const BOOK_EVERY_MS = 1_000;
/** After the last fault all may heal: REST is asked again after a minute at most. Unit: ms. */
const CALM_MS = 15 * MINUTE_MS;
export const MARK_MS = 10 * MINUTE_MS;

export interface ChaosRun {
  readonly market: SimulatedMarket;
  readonly twins: Readonly<Record<VenueName, ExchangeTwin>>;
  /** By copies, then venue. */
  readonly lanes: ReadonlyMap<number, Readonly<Record<VenueName, Lane>>>;
  readonly faults: readonly FaultReport[];
  readonly endMs: number;
  /** Of all that was published and commanded until each mark. */
  readonly digests: readonly string[];
}

/** `fetch` of the process is the twins' while it runs: nothing else may use it. */
export async function runChaos(options: ChaosRunOptions): Promise<ChaosRun> {
  const { seed, hours } = options;
  const time = new VirtualTime(START);
  const market = new SimulatedMarket(seed);
  const twins = { bybit: twinOf('bybit', market, options), kraken: twinOf('kraken', market, options) };
  const before = globalThis.fetch;
  globalThis.fetch = twinFetch(
    time,
    { 'http://bybit.twin': twins.bybit, 'http://kraken.twin': twins.kraken },
    hash32(seed, 'rest'),
  );
  try {
    const lanes = new Map(COPIES.map((copies) => [copies, lanesOf(copies, seed, time, twins)]));
    const endMs = options.untilMs ?? START + hours * HOUR_MS + CALM_MS;
    const all = [...lanes.values()].flatMap((each) => Object.values(each));
    const digests: string[] = [];
    for (let ms = START + MARK_MS; ms <= endMs; ms += MARK_MS) {
      await play(time, Object.values(twins), all, ms);
      digests.push(all.map(({ digest }) => digest).join(' '));
    }
    await play(time, Object.values(twins), all, endMs);
    const faults = Object.values(twins).flatMap((twin) => twin.report());
    return { market, twins, lanes, faults, endMs, digests };
  } finally {
    globalThis.fetch = before;
  }
}

function twinOf(venue: VenueName, market: SimulatedMarket, { seed, hours, perHour, kinds }: ChaosRunOptions) {
  const twin = new ExchangeTwin({
    venue,
    market,
    seed,
    symbols: SYMBOLS[venue],
    startMs: START,
    bookEveryMs: BOOK_EVERY_MS,
  });
  const all = chaosSchedule({ seed, hours, perHour, symbols: SYMBOLS, ...(kinds && { kinds }) });
  twin.schedule(all.filter((fault) => fault.venue === venue));
  return twin;
}

function lanesOf(copies: number, seed: number, time: VirtualTime, twins: ChaosRun['twins']) {
  const common = { time, copies };
  return {
    bybit: new Lane({
      ...common,
      twin: twins.bybit,
      symbols: SYMBOLS.bybit,
      seed: hash32(seed, 'bybit', copies),
      adapter: bybitAdapter({ bookDepth: 50, restUrl: 'http://bybit.twin' }),
    }),
    kraken: new Lane({
      ...common,
      twin: twins.kraken,
      symbols: SYMBOLS.kraken,
      seed: hash32(seed, 'kraken', copies),
      adapter: krakenAdapter({ bookDepth: 10, restUrl: 'http://kraken.twin' }),
    }),
  };
}

async function play(
  time: VirtualTime,
  twins: readonly ExchangeTwin[],
  lanes: readonly Lane[],
  endMs: number,
): Promise<void> {
  while (time.now() < endMs) {
    const step = (Math.floor(time.now() / STEP_MS) + 1) * STEP_MS;
    const due = lanes.map(({ feed: { nextDue } }) => Math.min(nextDue.market, nextDue.network));
    const next = Math.max(time.now(), Math.min(step, time.next, ...due));
    for (const twin of twins) twin.advanceTo(next);
    await time.advanceTo(next);
    for (const lane of lanes) lane.tick();
  }
}
