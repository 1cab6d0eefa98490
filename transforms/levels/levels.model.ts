/** Levels the slow way: whole-number arithmetic, a life cut into eras by trying every bar as their end and start. For tests. */
import type { Candle } from '../../schemas/candle.ts';
import type { Level, LevelRole } from '../../schemas/level-set.ts';
import { isPivotHigh, isPivotLow } from '../indicators/pivots.model.ts';
import type { LevelParams } from './levels.ts';

const SLOT = 900_000;
const HOUR = 3_600_000;
const WINDOW = 30 * HOUR;

/** Prices of at most six decimals, shares of at most six: `part / whole <= share` without rounding. */
const units = (value: number) => BigInt(Math.round(value * 1e6));
const isAtMost = (part: bigint, whole: number, share: number) =>
  part * 1_000_000n <= units(whole) * units(share);
const distance = (a: number, b: number) => (a > b ? units(a) - units(b) : units(b) - units(a));

/** Same as levelsAt(...).levels, by price, then birth. The point of control is given: modelProfile below checks it. */
export function modelLevels(
  candles: readonly Candle[],
  asOf: number,
  params: LevelParams,
  pointOfControl: number | null,
): Level[] {
  const slots = Array.from({ length: 120 }, (_, i) => asOf - WINDOW + i * SLOT);
  const bars = slots.flatMap((openTime) => {
    const copies = candles.filter((candle) => candle.openTime === openTime);
    return copies.toSorted((a, b) => b.revision - a.revision).slice(0, 1);
  });
  if (bars.length < params.minCandles) return [];
  const traded = bars.filter((bar) => !bar.filled);
  const born = traded.flatMap((_, i) => [
    ...(isPivotHigh(highsOf(traded), i, params.pivotBars) ? [{ i, role: 'RESISTANCE' as const }] : []),
    ...(isPivotLow(lowsOf(traded), i, params.pivotBars) ? [{ i, role: 'SUPPORT' as const }] : []),
  ]);
  return born
    .flatMap(({ i, role }) => modelLevel(traded, i, role, asOf, params, pointOfControl))
    .toSorted((a, b) => a.price - b.price || a.firstTouch - b.firstTouch);
}

interface Era {
  readonly role: LevelRole;
  readonly visits: Candle[][];
  readonly broken: boolean;
}

function modelLevel(
  traded: readonly Candle[],
  birth: number,
  role: LevelRole,
  asOf: number,
  params: LevelParams,
  pointOfControl: number | null,
): Level[] {
  const price = role === 'RESISTANCE' ? traded[birth]!.high : traded[birth]!.low;
  const eras = erasOf(traded.slice(birth), price, role, params);
  const visits = eras.flatMap((era) => era.visits);
  const recent = visits.filter((visit) => visit.at(-1)!.openTime >= asOf - params.recentHours * HOUR);
  const now = eras.at(-1)!;
  if (now.broken) return [];
  if (visits.length < params.minTouches || recent.length < visits.length / 2) return [];
  const touching = visits.flat();
  const volume = volumeOf(touching);
  const confluence = modelConfluence(traded, price, asOf, params, pointOfControl);
  const lastTouch = touching.at(-1)!.openTime;
  const strength =
    0.4 * Math.min(1, visits.length / (2 * params.minTouches)) +
    0.2 * (1 - (asOf - (lastTouch + SLOT)) / WINDOW) +
    (volume > 0 ? 0.2 * Math.min(1, (4 * volume) / volumeOf(traded)) : 0) +
    0.05 * confluence.length;
  const level: Level = {
    price,
    role: now.role,
    strength,
    touches: visits.length,
    recentTouches: recent.length,
    firstTouch: touching[0]!.openTime,
    lastTouch,
    volume,
    flipped: eras.length > 1,
    confluence,
  };
  return [level];
}

/** The spans in which the price stood, each from a respect (the first: birth) to the first break after it. */
function erasOf(life: readonly Candle[], price: number, born: LevelRole, params: LevelParams): Era[] {
  const isBeyond = (bar: Candle, role: LevelRole) =>
    (role === 'RESISTANCE' ? bar.close > price : bar.close < price) &&
    !isAtMost(distance(bar.close, price), price, params.wickTolerance);
  const isNear = (bar: Candle, role: LevelRole) =>
    isAtMost(distance(role === 'RESISTANCE' ? bar.high : bar.low, price), price, params.touchTolerance);
  const isClear = (bar: Candle, role: LevelRole) =>
    !isNear(bar, role) && (role === 'RESISTANCE' ? bar.high < price : bar.low > price);
  const eraFrom = (start: number, role: LevelRole): Era[] => {
    const end = life.findIndex((bar, i) => i >= start && isBeyond(bar, role));
    const bars = life.slice(start, end < 0 ? undefined : end);
    const era = { role, visits: runsOf(bars, (bar) => isNear(bar, role)), broken: end >= 0 };
    if (!era.broken) return [era];
    const next = role === 'RESISTANCE' ? 'SUPPORT' : 'RESISTANCE';
    const isRespect = (bar: Candle, i: number) =>
      isNear(bar, next) &&
      life.some(
        (other, j) =>
          end <= j && j < i && isClear(other, next) && !life.slice(j, i + 1).some((b) => isBeyond(b, next)),
      );
    const respect = life.findIndex(isRespect);
    return respect < 0 ? [era] : [era, ...eraFrom(respect, next)];
  };
  return eraFrom(0, born);
}

function runsOf(bars: readonly Candle[], holds: (bar: Candle) => boolean): Candle[][] {
  const starts = bars.flatMap((bar, i) => (holds(bar) && (i === 0 || !holds(bars[i - 1]!)) ? [i] : []));
  return starts.map((start) => {
    const length = bars.slice(start).findIndex((bar) => !holds(bar));
    return bars.slice(start, length < 0 ? undefined : start + length);
  });
}

function modelConfluence(
  traded: readonly Candle[],
  price: number,
  asOf: number,
  params: LevelParams,
  pointOfControl: number | null,
): Level['confluence'] {
  const isNear = (other: number) => isAtMost(distance(other, price), price, params.touchTolerance);
  const hours = [...new Set(traded.map((bar) => Math.floor(bar.openTime / HOUR) * HOUR))]
    .filter((hour) => hour >= asOf - WINDOW && hour + HOUR <= asOf)
    .map((hour) => traded.filter((bar) => bar.openTime >= hour && bar.openTime < hour + HOUR));
  const highs = hours.map((bars) => Math.max(...highsOf(bars)));
  const lows = hours.map((bars) => Math.min(...lowsOf(bars)));
  const swings = [
    ...highs.filter((_, i) => isPivotHigh(highs, i, params.pivotBars)),
    ...lows.filter((_, i) => isPivotLow(lows, i, params.pivotBars)),
  ];
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].findLast((s) => s * 20 <= price)!;
  const found: Level['confluence'] = [];
  if (swings.some(isNear)) found.push('SWING_1H');
  if (pointOfControl !== null && isNear(pointOfControl)) found.push('POINT_OF_CONTROL');
  if (isNear(Math.round(price / step) * step)) found.push('ROUND_NUMBER');
  return found;
}

/** Every bucket's middle and volume, each worked out alone, from bars that have a range. */
export function modelProfile(
  bars: readonly Pick<Candle, 'high' | 'low' | 'volume'>[],
  buckets: number,
): { price: number; volume: number }[] {
  const bottom = Math.min(...bars.map((bar) => bar.low));
  const top = Math.max(...bars.map((bar) => bar.high));
  const width = (top - bottom) / buckets;
  return Array.from({ length: buckets }, (_, i) => {
    const from = bottom + i * width;
    const volume = bars.reduce((sum, { high, low, volume }) => {
      const shared = Math.min(high, from + width) - Math.max(low, from);
      return sum + Math.max(0, shared / (high - low)) * volume;
    }, 0);
    return { price: from + width / 2, volume };
  });
}

const highsOf = (bars: readonly Candle[]) => bars.map((bar) => bar.high);
const lowsOf = (bars: readonly Candle[]) => bars.map((bar) => bar.low);
const volumeOf = (bars: readonly Candle[]) => bars.reduce((sum, bar) => sum + bar.volume, 0);
