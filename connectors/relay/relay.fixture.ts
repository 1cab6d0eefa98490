/** A relay on the simulated exchange, both on clocks that move only when told to. */
import { ManualClock } from '../clock/manual.ts';
import type { VenueOptions } from '../exchanges/adapters.ts';
import { bybitAdapter } from '../exchanges/bybit/adapter.ts';
import { priceText, sizeText } from '../exchanges/simulated/frames.ts';
import { type SimulatedExchange, startSimulatedExchange } from '../exchanges/simulated/server.ts';
import { Published } from './published.fixture.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';

export const START = Date.UTC(2026, 2, 1, 12);
export const SYMBOLS = ['BTCUSDT', 'LTCUSDT'];
export const closers: (() => Promise<unknown>)[] = [];

export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

export interface Bench {
  readonly exchange: SimulatedExchange;
  readonly relay: Relay;
  readonly bus: Published;
  readonly market: ManualClock;
  readonly network: ManualClock;
  readonly lines: string[];
  /** Lets time pass until it is so, in steps of 100 ms. */
  passUntil(isSo: () => boolean): Promise<void>;
}

export async function bench(
  options: Partial<RelayOptions> & VenueOptions = {},
  startMs = START,
): Promise<Bench> {
  const market = new ManualClock(startMs);
  const network = new ManualClock(0);
  const exchange = await startSimulatedExchange({
    seed: 1,
    clock: market,
    symbols: SYMBOLS,
    // As often as a real one: each frame proves what lies before it.
    bookEveryMs: 250,
  });
  closers.push(() => exchange.close());
  const bus = new Published();
  const lines: string[] = [];
  const { wsUrl = exchange.wsUrl, restUrl = exchange.httpUrl, ...others } = options;
  const relay = await startRelay({
    adapter: bybitAdapter({ wsUrl, restUrl }),
    symbols: SYMBOLS,
    bus,
    clock: market,
    networkClock: network,
    log: (line) => lines.push(line),
    ...others,
  });
  closers.push(() => relay.stop());
  const passUntil = (isSo: () => boolean) => pass([market, network], isSo);
  return { exchange, relay, bus, market, network, lines, passUntil };
}

export async function pass(clocks: readonly ManualClock[], isSo: () => boolean): Promise<void> {
  for (let steps = 0; !isSo(); steps++) {
    if (steps > 20_000) throw new Error('It does not come to be so.');
    for (const clock of clocks) await clock.advanceTo(clock.now() + 100);
    await new Promise(setImmediate);
  }
}

function areUp({ relay }: Bench): boolean {
  return relay.stats().symbols.every(({ connected }) => connected);
}

/** Runs until all symbols are up, and returns that instant; market time stands meanwhile. */
export async function connected(on: Bench): Promise<number> {
  await pass([on.network], () => areUp(on));
  return on.market.now();
}

/** What the market traded, as the wire tells it. */
export function truth({ exchange }: Bench, symbol: string, fromMs: number, toMs: number) {
  const market = exchange.market.of(symbol);
  return market.fills(fromMs, toMs).map(({ id, ts, ticks, lots, isBuy }) => ({
    tradeId: id,
    ts,
    price: Number(priceText(market.instrument, ticks)),
    size: Number(sizeText(market.instrument, lots)),
    side: isBuy ? 'BUY' : 'SELL',
  }));
}

export function received({ bus }: Bench, symbol: string, toMs: number) {
  return bus
    .batches(symbol)
    .flat()
    .filter(({ ts }) => ts < toMs)
    .map(({ tradeId, ts, price, size, side }) => ({ tradeId, ts, price, size, side }));
}
