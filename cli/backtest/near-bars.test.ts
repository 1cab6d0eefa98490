import { describe, expect, it } from 'vitest';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { type NearBar, NearBars, nearBarJson } from './near-bars.ts';

const rowOf = (pair: string, minute: number, coverage = 1) =>
  ({
    pair,
    openTime: minute * MINUTE_MS,
    open: 1,
    high: 3,
    low: 1,
    close: 2,
    volume: 4,
    coverage,
  }) as FeatureRow;

describe('bars near signals', () => {
  it('are the 45 before one and those of the 75 minutes after it, each once', () => {
    const told: NearBar[] = [];
    const near = new NearBars((bar) => told.push(bar));
    for (let minute = 0; minute < 300; minute++) {
      near.bar(rowOf('A', minute));
      near.bar(rowOf('B', minute));
      if (minute === 99 || minute === 109) near.signal('A', (minute + 1) * MINUTE_MS);
    }
    expect(told.map(({ pair, openTime }) => [pair, openTime / MINUTE_MS])).toEqual(
      Array.from({ length: 45 + 10 + 75 }, (_, i) => ['A', 55 + i]),
    );
  });

  it('say whether they are whole', () => {
    const told: NearBar[] = [];
    const near = new NearBars((bar) => told.push(bar));
    near.signal('A', MINUTE_MS);
    near.bar(rowOf('A', 1, 0.5));
    expect(told.map(nearBarJson)).toEqual([
      '{"openTime":"1970-01-01T00:01:00.000Z","pair":"A","open":1,"high":3,"low":1,"close":2,"volume":4,"isComplete":false}',
    ]);
  });
});
