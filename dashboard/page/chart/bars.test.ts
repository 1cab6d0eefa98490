import { describe, expect, it } from 'vitest';
import { Bars, type ChartBar, changesOf, formingBar } from './bars.ts';

const bar = (minute: number, revision: number, close = 1): ChartBar => ({
  interval: '1m',
  openTime: `2026-11-21T21:0${minute}:00.000Z`,
  open: 1,
  high: 2,
  low: 1,
  close,
  volume: 3,
  revision,
  filled: false,
  complete: true,
  coverage: 1,
});
const of = (...bars: ChartBar[]) => {
  const all = new Bars();
  all.put(bars);
  return all;
};

describe('bars', () => {
  it('are in order, each in its highest revision, whatever comes when', () => {
    const bars = of(bar(2, 5, 9), bar(1, 7));
    bars.put([bar(2, 4, 8), bar(3, 1)]);
    expect(bars.list).toEqual([bar(1, 7), bar(2, 5, 9), bar(3, 1)]);
  });

  it('form until they close, and not again', () => {
    const bars = of(formingBar(bar(1, 0, 1)));
    bars.put([formingBar(bar(1, 0, 2))]);
    expect(bars.list).toMatchObject([{ close: 2, revision: -1 }]);
    bars.put([bar(1, 0, 3)]);
    bars.put([formingBar(bar(1, 0, 4))]);
    expect(bars.list).toEqual([bar(1, 0, 3)]);
  });

  it('are the same array where nothing changed', () => {
    const bars = of(bar(1, 1));
    const before = bars.list;
    bars.put([bar(1, 1)]);
    expect(bars.list).toBe(before);
  });

  it('tell where one is missing', () => {
    const bars = of(bar(1, 1), bar(2, 1), bar(4, 1), formingBar(bar(5, 0)), bar(6, 1));
    const lacks = [1, 2, 4, 6].map((minute) => bars.lacksBefore(bar(minute, 1).openTime, 60));
    expect(lacks).toEqual([false, false, true, true]);
  });
});

describe('changes of a drawing', () => {
  const [one, two, three, four] = [bar(1, 1), bar(2, 1), bar(3, 1), bar(4, 1)];
  it.each<[string, ChartBar[], ChartBar[], ChartBar[] | null]>([
    ['nothing drawn yet', [], [one], null],
    ['one more', [one, two], [one, two, three], [three]],
    ['another revision', [one, two], [bar(1, 2), two], [bar(1, 2)]],
    ['one in front', [two, three], [one, two, three], null],
    ['one between', [one, three], [one, two, three, four], null],
    ['the oldest gone', [one, two], [two, three], null],
  ])('%s', (_, drawn, bars, expected) => expect(changesOf(drawn, bars)).toEqual(expected));
});
