/** Random markets, and random ways in which one reaches us, for tests. */
import fc from 'fast-check';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { StampedPart } from '../decode/decode.ts';
import type { TradePoint } from '../market-data.ts';
import { batchOf, partsOf, SYMBOL, T0, VENUE } from './candles.fixture.ts';
import { oneSecond } from './second-set.ts';

export const MINUTES = 20;

/** The snapshot of one second after T0. */
export function pulse(second: number, healthy: boolean, last: TradePoint | null): StampedPart {
  const ts = T0 + second * 1000;
  const seconds = healthy ? oneSecond(second % 60) : { low: 0, high: 0 };
  return { key: `${VENUE}:${SYMBOL}`, ts, value: { kind: 'pulse', healthy: seconds, last, book: null } };
}

export interface Market {
  readonly trades: readonly TradeRow[];
  readonly healthy: ReadonlySet<number>;
  readonly told: readonly { openTime: number; last: TradePoint | null }[];
  readonly pulses: readonly StampedPart[];
}

export const anyMarket: fc.Arbitrary<Market> = fc
  .record({
    priceScale: fc.integer({ min: 0, max: 4 }),
    sizeScale: fc.integer({ min: 0, max: 4 }),
    idOf: fc.constantFrom<(n: number) => string>(
      String,
      (n) => `#${n}`,
      (n) => `trade ${n}`,
      (n) => `0f8fad5b-d9cb-469f-a165-${String(n).padStart(12, '0')}`,
      (n) => `${String(n).padStart(8, '0')}-d9cb-469f-a165-70867728950e`,
    ),
    rows: fc.array(
      fc.record({
        // Some minutes crowded, some empty; times from a coarse grid, so that many are equal.
        ms: fc.tuple(fc.constantFrom(0, 0, 1, 4, 5, 13, 19), fc.constantFrom(0, 1, 999, 30_000, 59_999)),
        price: fc.integer({ min: 1, max: 9_999 }),
        size: fc.integer({ min: 1, max: 9_999 }),
        side: fc.constantFrom('BUY' as const, 'SELL' as const),
      }),
      { maxLength: 60 },
    ),
    pulses: fc.array(
      fc.record({
        second: fc.integer({ min: 0, max: MINUTES * 60 - 1 }),
        ok: fc.boolean(),
        ago: fc.option(fc.nat(9_000_000)),
      }),
      { maxLength: 40 },
    ),
  })
  .map(({ priceScale, sizeScale, idOf, rows, pulses }) => {
    const trades = rows.map(({ ms: [atMinute, ms], price, size, side }, n) => ({
      tradeId: idOf(n + 1),
      seq: n + 1,
      ts: T0 + atMinute * MINUTE_MS + ms,
      price: Number(`${price}e-${priceScale}`),
      size: Number(`${size}e-${sizeScale}`),
      side,
    }));
    const told = pulses.map(({ second, ago }) => ({
      openTime: T0 + Math.floor(second / 60) * MINUTE_MS,
      // Between the milliseconds that trades fall on, so that no pulse contradicts a trade.
      last: ago === null ? null : { ts: T0 + second * 1000 - ago - 0.5, seq: 0, price: 1 + ago },
    }));
    return {
      trades,
      told,
      healthy: new Set(pulses.filter(({ ok }) => ok).map(({ second }) => T0 + second * 1000)),
      pulses: pulses.map(({ second, ok }, i) => pulse(second, ok, told[i]!.last)),
    };
  });

/** How a market reaches us: in which order, with which copies, cut where. */
export const anyDelivery = fc.record({
  seed: fc.array(fc.nat(1_000), { minLength: 120, maxLength: 120 }),
  batchSize: fc.integer({ min: 1, max: 40 }),
  copies: fc.integer({ min: 0, max: 20 }),
  /** Up to twice this much later is the place that a copy from another source gives its trade. */
  seqShift: fc.constantFrom(0, 1_000),
  isShuffled: fc.boolean(),
});
type Delivery = typeof anyDelivery extends fc.Arbitrary<infer T> ? T : never;

export function delivered(
  market: Market,
  { seed, batchSize, copies, seqShift, isShuffled }: Delivery,
): StampedPart[] {
  const at = (i: number, length: number): number => seed[i % seed.length]! % length;
  const rows = [...market.trades].sort((a, b) => a.ts - b.ts || a.seq - b.seq);
  for (let i = 0; i < copies && rows.length > 0; i++) {
    const row = rows[at(i, rows.length)]!;
    // A copy from another source may have a later place among its millisecond, never an earlier one.
    const seq =
      String(row.seq) === row.tradeId.replace('#', '') ? row.seq : row.seq + at(i + 7, 3) * seqShift;
    rows.splice(at(i + 31, rows.length), 0, { ...row, seq });
  }
  if (isShuffled) rows.sort((a, b) => at(a.seq * 7, 997) - at(b.seq * 7, 997));
  const batches: Uint8Array[] = [];
  for (let from = 0; from < rows.length; from += batchSize)
    batches.push(batchOf(rows.slice(from, from + batchSize)));
  if (batches.length > 0) for (let i = 0; i < copies % 3; i++) batches.push(batches[at(i, batches.length)]!);
  const parts = [...partsOf(...batches), ...market.pulses];
  if (parts.length > 0) for (let i = 0; i < copies % 4; i++) parts.push(parts[at(i + 3, parts.length)]!);
  return parts
    .map((part, i) => ({ part, rank: at(i * 3 + 1, 991) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ part }) => part);
}
