/**
 * A day of trades as they arrive on a bad day, as files for `cst replay`: out of order, late, too late, twice, in
 * batches that come again, silent for hours, missing for minutes. Pure in its seed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { priceText, sizeText } from '../../connectors/exchanges/simulated/frames.ts';
import { type Fill, SimulatedMarket } from '../../connectors/exchanges/simulated/market.ts';
import { hash32, Random } from '../../connectors/random.ts';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
const START_MS = Date.UTC(2026, 2, 3);

/** In half of the symbols an id is a number, as at Kraken; in the other a text, as at Bybit. */
export const DAY_SYMBOLS = ['BTCUSDT', 'SOLUSDT', 'DOGEUSDT'] as const;

/** What happened to a row, for counting. */
export type Fate = 'plain' | 'late' | 'tooLate' | 'copy' | 'lateCopy' | 'garbage';

export interface Arrival {
  readonly fate: Fate;
  /** When it is received; files are in this order. Unit: ms since the epoch. */
  readonly atMs: number;
  /** Unit: ms since the epoch. */
  readonly ts: number;
  readonly line: string;
}

/** Nobody trades it for an eighth of the time. */
const SILENT = { symbol: 'SOLUSDT', from: 7 / 24, to: 10 / 24 };
/** Nothing is received of anything. */
const OUTAGE = { from: 13.3 / 24, forMs: 12 * MINUTE + 17 * SECOND };
/** Rows of so long are delivered again as they are, a dozen times. */
const REDELIVERED = { every: 2 / 24, forMs: 20 * SECOND, afterMs: 45 * SECOND };

/** Shares of the rows; delays in ms. A bar closes 2 s after its end and is revised for 10 minutes more. */
const DISORDER_MS = 1_500;
const LATE = { share: 1 / 1_500, fromMs: 65 * SECOND, toMs: 9 * MINUTE };
const TOO_LATE = { share: 1 / 6_000, fromMs: 15 * MINUTE, toMs: 40 * MINUTE };
const COPY = { share: 1 / 400, fromMs: 0, toMs: 90 * SECOND };
const LATE_COPY = { share: 1 / 8_000, fromMs: 15 * MINUTE, toMs: 40 * MINUTE };
const GARBAGE = { share: 1 / 50_000 };

export interface DayOptions {
  readonly seed: number;
  /** A shorter one has less of the same. Unit: ms. */
  readonly lengthMs?: number;
}

/** Rows of each symbol in order of arrival. */
export function simulatedDay({ seed, lengthMs = 24 * HOUR }: DayOptions): Map<string, Arrival[]> {
  const market = new SimulatedMarket(seed);
  return new Map(
    DAY_SYMBOLS.map((symbol, at) => {
      const { instrument } = market.of(symbol);
      const toLine = (fill: Fill, number: number) => {
        const id = at % 2 === 0 ? String(number) : fill.id;
        const side = fill.isBuy ? 'BUY' : 'SELL';
        return `${fill.ts},${priceText(instrument, fill.ticks)},${sizeText(instrument, fill.lots)},${id},${side}`;
      };
      const fills = market.of(symbol).fills(START_MS, START_MS + lengthMs);
      const traded = fills.filter(({ ts }) => isReceived(symbol, ts - START_MS, lengthMs));
      const chance = new Random(hash32(seed, symbol, 'arrival'));
      const everyMs = REDELIVERED.every * lengthMs;
      const arrivals = traded.flatMap((fill, i) => {
        const isAgain = (fill.ts - START_MS) % everyMs < REDELIVERED.forMs;
        return arrivalsOf(fill, toLine(fill, 1_000_000 + i), isAgain, chance);
      });
      return [symbol, arrivals.sort((a, b) => a.atMs - b.atMs)] as const;
    }),
  );
}

function isReceived(symbol: string, ms: number, lengthMs: number): boolean {
  const at = ms / lengthMs;
  if (symbol === SILENT.symbol && at >= SILENT.from && at < SILENT.to) return false;
  return at < OUTAGE.from || ms >= OUTAGE.from * lengthMs + OUTAGE.forMs;
}

/** The row itself, once or late or not at all readable, and its copies. */
function arrivalsOf({ ts }: Fill, line: string, isAgain: boolean, chance: Random): Arrival[] {
  const arrival = (fate: Fate, delayMs: number) => ({ fate, atMs: ts + delayMs, ts, line });
  const delay = ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
    fromMs + Math.floor(chance.next() * (toMs - fromMs));
  const drawn = chance.next();
  const jitter = Math.floor(chance.next() * DISORDER_MS);
  const first =
    drawn < TOO_LATE.share
      ? arrival('tooLate', delay(TOO_LATE))
      : drawn < TOO_LATE.share + LATE.share
        ? arrival('late', delay(LATE))
        : arrival('plain', jitter);
  const all: Arrival[] = [first];
  if (chance.next() < COPY.share) all.push(arrival('copy', jitter + delay(COPY)));
  if (chance.next() < LATE_COPY.share) all.push(arrival('lateCopy', delay(LATE_COPY)));
  if (chance.next() < GARBAGE.share) all.push({ ...arrival('garbage', jitter), line: `${ts},a lot,1,,BUY` });
  if (isAgain && first.fate === 'plain') all.push(arrival('copy', jitter + REDELIVERED.afterMs));
  return all;
}

/** Writes one file a symbol. @returns `SYMBOL=FILE` words for `cst replay`. */
export function writeDay(day: ReadonlyMap<string, readonly Arrival[]>, folder: string): string[] {
  return [...day].map(([symbol, arrivals]) => {
    const path = join(folder, `${symbol.toLowerCase()}.csv`);
    const lines = arrivals.map(({ line }) => line);
    writeFileSync(path, `ts_ms,price,size,trade_id,side\n${lines.join('\n')}\n`);
    return `${symbol}=${path}`;
  });
}
