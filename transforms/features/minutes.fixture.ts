/** Closed minutes for tests: one by one, or a whole random market with gaps, silence, wild wicks and books. */
import type { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { candle } from '../candle.fixture.ts';
import type { BookMinute, ClosedMinute } from '../market-data.ts';

/** 2025-06-01T00:00:00Z. */
export const START = Date.UTC(2025, 5, 1);

/** The minute number `n` after START; its last trade is 1 s before its close. */
export function minute(
  n: number,
  known: Partial<Candle> = {},
  rest: Partial<Omit<ClosedMinute, 'candle'>> = {},
): ClosedMinute {
  const openTime = START + n * MINUTE_MS;
  const lastTradeTs = openTime + MINUTE_MS - 1_000;
  return {
    candle: candle({ interval: '1m', openTime, ...known }),
    book: null,
    lastTradeTs,
    received: 1,
    ...rest,
  };
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `count` minutes of a random walk on a tick of 0.01 near 100, moody: calm and wild spells, silent bars, and, where
 * `gaps`, minutes that nobody knows.
 */
export function randomMarket(seed: number, count: number, gaps = false): ClosedMinute[] {
  const random = randomOf(seed);
  const whole = (max: number) => Math.floor(random() * (max + 1));
  const market: ClosedMinute[] = [];
  let ticks = 10_000;
  let step = 8;
  for (let n = 0; n < count; n++) {
    if (random() < 0.05) step = whole(12);
    const open = ticks;
    const filled = random() < 0.1;
    if (!filled) ticks = Math.max(1_000, ticks + whole(2 * step) - step);
    const high = filled ? open : Math.max(open, ticks) + whole(6);
    const low = filled ? open : Math.min(open, ticks) - whole(6);
    const volume = filled ? 0 : volumeOf(whole);
    if (gaps && random() < 0.03) continue;
    market.push(
      minute(
        n,
        {
          open: open / 100,
          high: high / 100,
          low: low / 100,
          close: ticks / 100,
          volume,
          filled,
          complete: random() < 0.95,
          revision: 60 + whole(40),
        },
        { book: random() < 0.9 ? randomBook(random) : null, lastTradeTs: lastTrade(n, filled, random) },
      ),
    );
  }
  return market;
}

/** Now and then many times the usual. */
function volumeOf(whole: (max: number) => number): number {
  return whole(19) === 0 ? 100 + whole(300) : 1 + whole(60);
}

function lastTrade(n: number, filled: boolean, random: () => number): number | null {
  if (random() < 0.1) return null;
  const open = START + n * MINUTE_MS;
  return Math.floor(filled ? open - random() * 90_000 : open + random() * MINUTE_MS);
}

/** Books that lean to one side for a while, so that flips happen; now and then a slot is missing. */
function randomBook(random: () => number): BookMinute {
  const lean = random() < 0.5 ? -0.6 : 0.6;
  const slots = Array.from({ length: 6 }, (_, i) => {
    if (random() < 0.01) return null;
    const towards = i === 5 && random() < 0.7 ? -lean : lean;
    const imbalance = Math.max(-1, Math.min(1, towards + (random() - 0.5) * 0.8));
    const bidDepth = 50 * (1 + imbalance);
    return { seconds: 1 + Math.floor(random() * 10), imbalance, bidDepth, askDepth: 100 - bidDepth };
  });
  return { slots };
}

/** The same elements in another order. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = randomOf(seed);
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
