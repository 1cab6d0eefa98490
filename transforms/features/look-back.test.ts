import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { closesAfterRun, copiesOfMinute, packBars, RUN, runOf, unpackBars } from './look-back.ts';
import { minute, START } from './minutes.fixture.ts';
import type { Bar } from './newest-minutes.ts';

/** START opens a quarter of an hour. */
const closeOf = (n: number) => START + (n + 1) * MINUTE_MS;

function unpacked(bytes: Uint8Array): Bar[] {
  const bars: Bar[] = [];
  unpackBars(bytes, bars);
  return bars;
}

/** Closes of the windows that see the minute number `n`, and as what. */
function seenAt(n: number) {
  const [whole, alone] = copiesOfMinute(minute(n));
  const runClose = Math.ceil((n + 1) / 15) * 15 - 1;
  return { whole: whole!.closes, bar: [...alone!.closes, ...closesAfterRun(closeOf(runClose))] };
}

describe('a minute is seen', () => {
  it('whole by its own window and the next, which reads its book', () => {
    for (const n of [0, 7, 14]) expect(seenAt(n).whole).toEqual([closeOf(n), closeOf(n + 1)]);
  });

  it.each([0, 1, 7, 13, 14])('number %d of a run: by all 180 windows that look back at it', (n) => {
    const { whole, bar } = seenAt(n);
    const closes = new Set([...whole, ...bar]);
    for (let ahead = 0; ahead < 180; ahead++) expect(closes).toContain(closeOf(n + ahead));
    expect([...closes].filter((close) => close < closeOf(n))).toEqual([]);
  });

  it('from when on it was known', () => {
    const late = copiesOfMinute({ ...minute(3), knownFrom: closeOf(5) });
    expect(late.map(({ value }) => value.knownFrom)).toEqual([closeOf(5), closeOf(5)]);
    expect(late[0]!.value).toEqual({ kind: 'minute', minute: minute(3), knownFrom: closeOf(5) });
  });
});

it('a run holds the newest bar of each of its minutes, and no other', () => {
  const known = [
    minute(-1),
    minute(0),
    minute(2, { revision: 5, close: 7 }),
    minute(2, { revision: 4 }),
    minute(15),
  ];
  const run = runOf(known, closeOf(14));
  if (run.kind !== 'bars') throw new Error('not bars');
  expect(RUN).toBe('15m');
  expect(unpacked(run.payload).map(({ openTime, close }) => [openTime, close])).toEqual([
    [closeOf(-1), minute(0).candle.close],
    [closeOf(1), 7],
  ]);
});

it('packed bars are the bars, to the bit', () => {
  const number = fc.double({ noNaN: true });
  const bar = fc.record({
    openTime: fc.nat(),
    revision: fc.nat(),
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  });
  fc.assert(
    fc.property(fc.array(bar, { maxLength: 20 }), (bars) => {
      expect(unpacked(packBars(bars))).toEqual(bars.map((each) => ({ ...each })));
    }),
    { seed: 1 },
  );
});
