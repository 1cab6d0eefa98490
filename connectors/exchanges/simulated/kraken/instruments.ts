/** Pairs of the simulated Kraken: the same coins, spot against USDT, with Kraken's names and digits. */
import { ConfigError } from '../../../../schemas/errors.ts';
import type { MinutePlan } from '../choreography.ts';
import { INSTRUMENTS, type Instrument } from '../instruments.ts';
import { type SimulatedMarket, SymbolMarket } from '../market.ts';

export interface KrakenInstrument extends Instrument {
  /** Name in REST, e.g. `XBTUSDT`. */
  readonly restName: string;
  /** The other exchange's symbol whose path it follows. */
  readonly follows: string;
}

/** Digits of every quantity on Kraken. */
export const QUANTITY_PLACES = 8;
/** Most lots that an average order may have, so that sums of them stay whole numbers that a float holds. */
const MOST_LOTS = 1e8;
/** A quarter of what trades on Bybit trades here. */
const SHARE = 0.25;
/** Mean and swing of the distance between the prices of the two (log price), and how long a swing takes. */
const BASIS = 0.0003;
const SWING = 0.0002;
const SWING_MINUTES = 180;
const REST_BASES: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };

function pair(other: Instrument): KrakenInstrument {
  const base = other.symbol.slice(0, -'USDT'.length);
  const places = lotPlaces(other.price);
  const lot = Number(`1e-${places}`);
  return {
    ...other,
    symbol: `${base}/USDT`,
    restName: `${REST_BASES[base] ?? base}USDT`,
    follows: other.symbol,
    priceDecimals: Math.round(-Math.log10(other.tick)),
    lot,
    sizeDecimals: places,
    ordersPerMinute: Math.max(5, Math.round(other.ordersPerMinute * SHARE)),
    silentShare: Math.min(0.5, other.silentShare * 3 + 0.02),
    lotsPerOrder: Math.max(2, Math.round(1500 / other.price / lot)),
  };
}

function lotPlaces(price: number): number {
  return Math.min(QUANTITY_PLACES, Math.floor(Math.log10((MOST_LOTS * price) / 1500)));
}

const PAIRS: readonly KrakenInstrument[] = INSTRUMENTS.map(pair);

export const KRAKEN_SYMBOLS: readonly string[] = PAIRS.map(({ symbol }) => symbol);

export interface KrakenMarket {
  readonly instrument: KrakenInstrument;
  readonly market: SymbolMarket;
}

/**
 * The pair's market: the path of the other exchange's, a little apart, with trades of its own.
 * @throws ConfigError where there is no such pair.
 */
export function krakenMarket(base: SimulatedMarket, seed: number, symbol: string): KrakenMarket {
  const instrument = PAIRS.find((each) => each.symbol === symbol);
  if (!instrument) {
    throw new ConfigError(`Expected a simulated pair (${KRAKEN_SYMBOLS.join(', ')}), got ${symbol}.`);
  }
  const followed = base.of(instrument.follows);
  const market = new SymbolMarket(seed, instrument, (minute) => apart(followed.plan(minute), minute));
  return { instrument, market };
}

function basisAt(minute: number): number {
  return BASIS + SWING * Math.sin((2 * Math.PI * (minute % SWING_MINUTES)) / SWING_MINUTES);
}

function apart(plan: MinutePlan, minute: number): MinutePlan {
  const [from, to] = [basisAt(minute), basisAt(minute + 1)];
  return {
    ...plan,
    open: plan.open + from,
    close: plan.close + to,
    low: plan.low + Math.min(from, to),
    high: plan.high + Math.max(from, to),
  };
}
