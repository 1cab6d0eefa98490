/** Instruments for tests. */
import type { Instrument } from '../exchanges/venue.ts';

/** Listed since ever. */
export function instrument(symbol: string, known: Partial<Instrument> = {}): Instrument {
  return {
    symbol,
    base: symbol,
    quote: 'USDT',
    isPerpetual: true,
    status: 'trading',
    listedMs: 0,
    tickSize: 0.1,
    lotSize: 0.001,
    ...known,
  };
}

/** S00, S01, … by falling turnover: instruments and turnovers. */
export function market(count: number): { instruments: Instrument[]; turnovers: Map<string, number> } {
  const symbols = Array.from({ length: count }, (_, i) => `S${String(i).padStart(2, '0')}`);
  return {
    instruments: symbols.map((symbol) => instrument(symbol)),
    turnovers: new Map(symbols.map((symbol, i) => [symbol, 1_000_000 - 1_000 * i])),
  };
}
