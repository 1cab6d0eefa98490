/** Made-up markets for the tests of the MACRO engine: a walk of 5m bars with trends, and what it rolls up to. */
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS, INTERVALS, type Interval } from '../../schemas/primitives.ts';
import { candle } from '../../transforms/candle.fixture.ts';
import { rollUp } from '../../transforms/candles/roll-up.ts';

/** A whole day, so that all intervals begin with it. */
export const START = Date.UTC(2025, 0, 1);

/** Candles of 5m, 15m, 1h and 4h; about every `turn` bars the drift turns, so that trends last for days. */
export function walk(seed: number, bars: number, turn = 400): Candle[] {
  const random = lcg(seed);
  const fives: Candle[] = [];
  let price = 1_000_000;
  let drift = 0;
  for (let i = 0; i < bars; i++) {
    if (i === 0 || random() * turn < 1) drift = (random() - 0.5) * 800;
    const open = price;
    const close = Math.max(1_000, open + Math.round(drift + (random() - 0.5) * 4_000));
    const high = Math.max(open, close) + Math.round(random() ** 3 * 3_000);
    const low = Math.max(500, Math.min(open, close) - Math.round(random() ** 3 * 3_000));
    price = close;
    const volume = Math.round(random() ** 4 * 10_000) / 100;
    const [o, h, l, c] = [open, high, low, close].map((cents) => cents / 100) as [
      number,
      number,
      number,
      number,
    ];
    fives.push(
      candle({
        interval: '5m',
        openTime: START + i * INTERVAL_MS['5m'],
        open: o,
        high: h,
        low: l,
        close: c,
        volume,
      }),
    );
  }
  return withRollUps(fives);
}

/** Bars of one symbol and interval, and what they roll up to; a bar of which parts are missing is incomplete. */
export function withRollUps(bars: readonly Candle[]): Candle[] {
  const all = [bars];
  for (const interval of INTERVALS.slice(INTERVALS.indexOf(bars[0]!.interval) + 1)) {
    const length = INTERVAL_MS[interval];
    const groups = Map.groupBy(all.at(-1)!, ({ openTime }) => Math.floor(openTime / length) * length);
    all.push([...groups].map(([openTime, parts]) => rollUp(parts, interval, openTime)!));
  }
  return all.flat();
}

/** Every bar of an interval that moves evenly, from START on. */
function steady(interval: Interval, bars: number, from: number, step: number): Candle[] {
  return Array.from({ length: bars }, (_, i) => {
    const [open, close] = [from + i * step, from + (i + 1) * step];
    return candle({
      interval,
      openTime: START + i * INTERVAL_MS[interval],
      open,
      close,
      high: Math.max(open, close) + 1,
      low: Math.min(open, close) - 1,
      volume: 10,
    });
  });
}

/** 30 days that rise by 1 every 5 minutes, or fall; never by less than a slope needs. */
export function trend(sign: 1 | -1): Candle[] {
  const minutes = { '5m': 5, '15m': 15, '1h': 60, '4h': 240 };
  return Object.entries(minutes).flatMap(([interval, length]) =>
    steady(interval as Interval, (30 * 24 * 60) / length, sign > 0 ? 1_000 : 10_000, (sign * length) / 5),
  );
}
/** 0 ≤ x < 1, of 24 bits. */
export function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}
