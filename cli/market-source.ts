/** Where the trades of a stack come from: the simulated exchange in this process, or Bybit's public endpoints. */
import { acceleratedClock } from '../connectors/clock/accelerated.ts';
import type { Clock } from '../connectors/clock/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { bybitAdapter } from '../connectors/exchanges/bybit/adapter.ts';
import { startSimulatedExchange } from '../connectors/exchanges/simulated/server.ts';
import type { VenueAdapter } from '../connectors/exchanges/venue.ts';
import type { Venue } from '../schemas/primitives.ts';

/** Pairs with the highest turnover for years: for when the exchange cannot be asked. */
export const LIVE_SYMBOLS: readonly string[] = [
  'BTCUSDT',
  'ETHUSDT',
  'SOLUSDT',
  'XRPUSDT',
  'DOGEUSDT',
  'BNBUSDT',
  'ADAUSDT',
  'LINKUSDT',
];

/** As the venue spells them. */
export function fallbackSymbols(venue: Venue): readonly string[] {
  if (venue !== 'kraken') return LIVE_SYMBOLS;
  return LIVE_SYMBOLS.map((symbol) => `${symbol.slice(0, -'USDT'.length)}/USDT`);
}

/** The relay treats every source alike; only adapter and clock differ. */
export interface MarketSource {
  readonly title: string;
  readonly adapter: VenueAdapter;
  /** Market time. */
  readonly clock: Clock;
  /** The graph is warm: a simulated market, which stands still until then, takes nothing from the machine meanwhile. */
  begin(): void;
  close(): Promise<void>;
}

export interface SimulationOptions {
  readonly seed: number;
  /** Market seconds per second. */
  readonly speed: number;
  readonly symbols: readonly string[];
  /** Market time at which it stands first; the present where left out. Unit: ms since the epoch. */
  readonly startMs?: number;
  /** How often a book may change. Unit: market ms. */
  readonly bookEveryMs?: number;
}

/** A frame is two turns old when it is told of, and a book of 2 s before is none. Unit: market ms. */
const MOST_AT_ONCE_MS = 500;

/** A seeded market that stands at the present until `begin`, and then runs `speed` times as fast, or as fast as the machine can. */
export async function simulatedSource(options: SimulationOptions): Promise<MarketSource> {
  const { speed, startMs = systemClock.now(), ...of } = options;
  const clock = acceleratedClock({
    start: startMs,
    speed,
    base: systemClock,
    isHeld: true,
    mostAtOnceMs: MOST_AT_ONCE_MS,
  });
  const exchange = await startSimulatedExchange({ ...of, clock });
  return {
    title: `simulated exchange (seed ${of.seed}), ${speed}×`,
    // Its fifty best levels reach as far as depth is published; more of them are most of what a fast market costs.
    adapter: bybitAdapter({ wsUrl: exchange.wsUrl, restUrl: exchange.httpUrl, bookDepth: 50 }),
    clock,
    begin: () => clock.begin(),
    async close() {
      await exchange.close();
      clock.end();
    },
  };
}

export function bybitSource(): MarketSource {
  return {
    title: 'Bybit linear perpetuals, live',
    adapter: bybitAdapter(),
    clock: systemClock,
    begin: () => {},
    close: async () => undefined,
  };
}
