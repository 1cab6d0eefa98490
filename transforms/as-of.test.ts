import { describe, expect, it } from 'vitest';
import { firstCloseAfter, type Told, told, untold, versions } from './as-of.ts';

interface Fact extends Told {
  readonly name: string;
}
const inTime: Fact = { name: 'a' };
const at3: Fact = { name: 'b', knownFrom: 3 };
const at5: Fact = { name: 'c', knownFrom: 5 };

const names = (facts: Iterable<Fact>) => {
  const known = [...new Set([...facts].map(({ name }) => name))].sort();
  return known.length > 0 ? { names: known.join('') } : null;
};
const read = (facts: readonly Fact[], close: number, isLateFiring = false) => [
  ...versions(facts, close, isLateFiring, names),
];

describe('versions of a window', () => {
  it('are one where everything was known at its close', () => {
    expect(read([inTime, at3], 3)).toEqual([{ names: 'ab' }]);
    expect(read([], 3)).toEqual([]);
  });

  it('are one more for each later close that changed something', () => {
    const all = [{ names: 'a' }, { names: 'ab', knownFrom: 3 }, { names: 'abc', knownFrom: 5 }];
    expect(read([at5, inTime, at3], 2)).toEqual(all);
    expect(read([at5, inTime, { ...inTime, knownFrom: 4 }, at3], 2)).toEqual(all);
  });

  it('leave out what an earlier firing told, and a close at which nothing was known', () => {
    expect(read([inTime, at3], 2, true)).toEqual([{ names: 'ab', knownFrom: 3 }]);
    expect(read([at3], 2)).toEqual([{ names: 'b', knownFrom: 3 }]);
    // Late by its way, not by its publisher: there is nothing else to tell.
    expect(read([inTime], 2, true)).toEqual([{ names: 'a' }]);
  });
});

describe('the time a fact is told from', () => {
  it('is the first close that comes after it was sent', () => {
    expect(firstCloseAfter(61_999, 2_000)).toBe(60_000);
    expect(firstCloseAfter(62_000, 2_000)).toBe(120_000);
    expect(firstCloseAfter(62_000, 0)).toBe(120_000);
  });

  it('is left out where it says nothing', () => {
    expect(told({ name: 'x' }, undefined)).toEqual({ name: 'x' });
    expect(told({ name: 'x' }, 60, 60)).toEqual({ name: 'x' });
    expect(told({ name: 'x' }, 120, 60)).toEqual({ name: 'x', knownFrom: 120 });
    expect(untold(told({ name: 'x' }, 120))).toEqual({ name: 'x' });
  });
});
