import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candle } from '../../../transforms/candle.fixture.ts';
import { level, levelSet } from '../../../transforms/strategies/rows.fixture.ts';
import * as f from '../chart.fixture.ts';
import { chartOf } from '../content/chart-of.ts';
import type { ChartFacts } from '../content/facts.ts';
import { openMeasure } from '../picture/font.ts';
import { draw } from './draw.ts';
import { fitted, wrapped } from './fit-text.ts';
import type { Circle, Polyline, Rect, Scene, Shape, Text } from './shapes.ts';

const { AT, MINUTE } = f;
const measure = openMeasure();
const sceneOf = (known: Pick<ChartFacts, 'task' | 'candles'> & Partial<ChartFacts>) =>
  draw(chartOf(f.factsOf(known)), measure);
const named = <S extends Shape>({ shapes }: Scene, name: string | RegExp): S[] =>
  shapes.filter((shape) =>
    typeof name === 'string' ? shape.name === name : name.test(shape.name ?? ''),
  ) as S[];
const one = <S extends Shape>(scene: Scene, name: string): S => {
  const found = named<S>(scene, name);
  expect(found, name).toHaveLength(1);
  return found[0]!;
};
const yOf = (shape: Polyline) => shape.points[0]![1];

/** Two bars at the ends of a pane; the last closes at AT. */
const at = (n: number, known: object) => candle({ interval: '1m', openTime: AT - n * MINUTE, ...known });
const pair = [
  at(2, { open: 1_001, high: 1_004, low: 998, close: 1_002, volume: 4 }),
  at(1, { open: 1_002, high: 1_003, low: 1_000, close: 1_000, volume: 1 }),
];
const signal = f.scalp({ entry: 1_000, tp: 1_010, sl: 990, support: [995], resistance: [1_005, 1_100] });
const scene = sceneOf({ task: f.task({ scalp: signal }), candles: pair });

describe('prices', () => {
  // From SL 990 to TP 1010, with 7 % of that above and below, on the 628 px from 226 to 854.
  const y = (price: number) => 854 - ((price - 988.6) / 22.8) * 628;

  it('stand where their axis says', () => {
    expect(yOf(one(scene, 'entry'))).toBeCloseTo(y(1_000), 6);
    expect(yOf(one(scene, 'tp'))).toBeCloseTo(y(1_010), 6);
    expect(yOf(one(scene, 'sl'))).toBeCloseTo(y(990), 6);
    expect(yOf(one(scene, 'level:995'))).toBeCloseTo(y(995), 6);
    expect(yOf(one(scene, 'level:1005'))).toBeCloseTo(y(1_005), 6);
    for (const tick of named<Text>(scene, 'tick')) {
      expect(tick.y - 8).toBeCloseTo(y(Number(tick.text.replace(',', ''))), 6);
    }
  });

  it('of bars are wicks from low to high and bodies from open to close', () => {
    const wick = one<Polyline>(scene, `wick:${AT - 2 * MINUTE}`);
    expect(wick.points.map(([, py]) => py)).toEqual([expect.closeTo(y(1_004), 6), expect.closeTo(y(998), 6)]);
    const body = one<Rect>(scene, `candle:${AT - MINUTE}`);
    expect([body.y, body.y + body.height]).toEqual([
      expect.closeTo(y(1_002), 6),
      expect.closeTo(y(1_000), 6),
    ]);
  });

  it('of win and loss are areas that meet at the entry', () => {
    const [reward, risk] = [one<Rect>(scene, 'reward'), one<Rect>(scene, 'risk')];
    expect([reward.y, reward.y + reward.height]).toEqual([
      expect.closeTo(y(1_010), 6),
      expect.closeTo(y(1_000), 6),
    ]);
    expect([risk.y, risk.y + risk.height]).toEqual([expect.closeTo(y(1_000), 6), expect.closeTo(y(990), 6)]);
  });

  it('too far away are told by number', () => {
    expect(named(scene, 'level:1100')).toEqual([]);
    expect(one<Text>(scene, 'far').text).toBe('↑ 1,100');
  });
});

describe('times', () => {
  const entry = one<Polyline>(scene, 'entry');
  const [left, right] = [16, entry.points[1]![0]];
  // 90 places before the signal, 24 after it.
  const x = (places: number) => left + ((90 + places) * (right - left)) / 114;

  it('put bars in the middle of their places, and the signal at the end of its own', () => {
    expect(one<Polyline>(scene, `wick:${AT - MINUTE}`).points[0]![0]).toBeCloseTo(x(-0.5), 6);
    expect(one<Polyline>(scene, 'signal').points[0]![0]).toBeCloseTo(x(0), 6);
    expect(entry.points[0]![0]).toBeCloseTo(x(0), 6);
  });

  it('have round names where they are', () => {
    const quarter = one<Text>(scene, `time:${AT - 25 * MINUTE}`);
    expect(quarter.text).toBe('14:00');
    expect(quarter.x).toBeCloseTo(x(-25), 6);
  });

  it('of bars nobody knows are marked in every pane', () => {
    const missing = named<Rect>(scene, /^missing:/);
    expect(missing).toHaveLength(3 * 88);
    const doubtful = sceneOf({
      task: f.task({ scalp: signal }),
      candles: pair.map((bar) => ({ ...bar, complete: false })),
    });
    const marked = named<Rect>(doubtful, `incomplete:${AT - MINUTE}`);
    expect(marked.map((rect) => rect.x)).toEqual(Array(3).fill(expect.closeTo(x(-1), 6)));
  });

  it('of an exit are where it was', () => {
    const exit = f.exitOf({ ts: AT + 7.5 * MINUTE, price: 1_008 });
    const ended = sceneOf({ task: f.task({ scalp: signal, exit }), candles: pair });
    const mark = one<Circle>(ended, 'exit');
    const end = one<Polyline>(ended, 'tp').points[1]![0];
    // 90 places before, 8 until the exit's bar has ended, 8 more.
    expect(mark.x).toBeCloseTo(16 + (97.5 * (end - 16)) / 106, 6);
    expect(mark.y).toBeCloseTo(854 - ((1_008 - 988.6) / 22.8) * 628, 6);
    expect(one<Rect>(ended, 'reward').width).toBeCloseTo((7.5 * (end - 16)) / 106, 6);
  });
});

describe('marks', () => {
  it('stand at their bars: below a long, above a short', () => {
    const long = one<Circle>(scene, `mark:W:${AT - MINUTE}`);
    const wick = one<Polyline>(scene, `wick:${AT - MINUTE}`);
    expect(long.x).toBeCloseTo(wick.points[0]![0], 6);
    expect(long.y).toBeGreaterThan(wick.points[1]![1]);
    const task = f.task({ scalp: f.scalp({ ...signal, side: 'SHORT', tp: 990, sl: 1_010 }) });
    const short = sceneOf({ task, candles: pair });
    expect(one<Circle>(short, `mark:W:${AT - MINUTE}`).y).toBeLessThan(
      one<Polyline>(short, `wick:${AT - MINUTE}`).points[0]![1],
    );
  });

  it('of volume and RSI stand in their panes', () => {
    const known = sceneOf({ task: f.task({ scalp: f.scalp() }), candles: f.walk({ bars: 200 }) });
    const volume = one<Circle>(known, `mark:V:${AT - MINUTE}`);
    expect(volume.y).toBeGreaterThan(866);
    expect(volume.y).toBeLessThan(972);
    const [high, low] = [80, 20].map((value) => yOf(one(known, `rsi-line:${value}`)));
    // RSI 80 and 20 by hand, on the 100 px from 990 to 1090.
    expect([high, low]).toEqual([1_010, 1_070]);
    const [path] = named<Polyline>(known, 'rsi');
    const last = chartOf(
      f.factsOf({ task: f.task({ scalp: f.scalp() }), candles: f.walk({ bars: 200 }) }),
    ).bars.at(-1)!;
    expect(path!.points.at(-1)![1]).toBeCloseTo(1_090 - last.rsi!, 6);
  });
});

describe('RSI', () => {
  it('is not drawn over a hole', () => {
    const holed = f.walk({ bars: 200 }).filter((_, i) => i !== 150);
    expect(named(sceneOf({ task: f.task({ scalp: f.scalp() }), candles: holed }), 'rsi')).toHaveLength(2);
  });
});

describe('a trend', () => {
  it('is drawn where its slope and intercept put it, within the pane', () => {
    const trend = { slope: 6, intercept: 1_000, r2: 0.9 };
    const sloped = sceneOf({ task: f.task({ scalp: { ...signal, trend } }), candles: pair });
    const [from, to] = one<Polyline>(sloped, 'trend').points;
    // 90 minutes before the signal 1000 − 9, 24 minutes after it 1000 + 2.4.
    expect(from![1]).toBeCloseTo(854 - ((991 - 988.6) / 22.8) * 628, 6);
    expect(to![1]).toBeCloseTo(854 - ((1_002.4 - 988.6) / 22.8) * 628, 6);
  });

  it('is cut at the edges, or left out where it never comes in', () => {
    const drawn = (slope: number, intercept: number) => {
      const trend = { slope, intercept, r2: 0.9 };
      const cut = sceneOf({ task: f.task({ scalp: { ...signal, trend } }), candles: pair });
      return named<Polyline>(cut, 'trend').flatMap(({ points }) => points.map(([, y]) => Math.round(y)));
    };
    expect(drawn(200, 1_000)).toEqual([854, 226]);
    expect(drawn(0, 2_000)).toEqual([]);
  });
});

/** Room of a text, from its baseline. */
function boxOf({ x, y, text, size, weight, anchor }: Text) {
  const width = measure(text, size, weight);
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - 0.72 * size, bottom: y + 0.2 * size };
}

describe('whatever it shows', () => {
  const price = fc.oneof(
    fc.double({ min: 99, max: 101, noNaN: true }),
    fc.double({ min: 50, max: 200, noNaN: true }),
  );
  const scale = fc.constantFrom(1e-7, 1e-3, 1, 1e3);
  const prices = fc.array(price, { maxLength: 14 });
  const CHECKS = {
    volume_drop: fc.boolean(),
    double_wick: fc.boolean(),
    rsi_extreme: fc.boolean(),
    order_book_flip: fc.boolean(),
  };
  const scenes = fc
    .record({
      support: prices,
      resistance: prices,
      scale,
      name: fc.string({ maxLength: 64, minLength: 1 }),
      bars: fc.nat(120),
      checks: fc.record(CHECKS),
      side: fc.constantFrom('LONG' as const, 'SHORT' as const),
      step: fc.constantFrom(0.0005, 0.003, 0.02),
    })
    .map(({ support, resistance, scale: by, name, bars, step, ...rest }) => {
      const of = (list: number[]) => list.map((each) => each * by);
      const scalp = f.scalp({
        entry: 100 * by,
        pair: name,
        support: of(support),
        resistance: of(resistance),
        side: rest.side,
        exhaustion_checks: rest.checks,
      });
      const candles = f.walk({ bars, price: 100 * by, tick: by / 100, step });
      return sceneOf({
        task: f.task({ scalp, exit: bars % 2 ? f.exitOf({ price: 100.2 * by }) : null }),
        candles,
      });
    });

  it('has all its texts inside, and none on another', () => {
    const property = fc.property(scenes, (any) => {
      const boxes = any.shapes.filter((shape) => shape.kind === 'text').map(boxOf);
      for (const [i, a] of boxes.entries()) {
        expect(a.left).toBeGreaterThanOrEqual(0);
        expect(a.right).toBeLessThanOrEqual(any.width);
        expect(a.bottom).toBeLessThanOrEqual(any.height);
        const others = boxes.slice(i + 1);
        const isFree = (b: typeof a) =>
          a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        expect(others.filter((b) => !isFree(b))).toEqual([]);
      }
    });
    fc.assert(property, { seed: 2, numRuns: 100 });
  });

  it('has only numbers for places', () => {
    const property = fc.property(scenes, ({ shapes }) => {
      const numbers = shapes
        .flatMap((shape) => Object.values(shape).flat(2))
        .filter((value) => typeof value === 'number');
      expect(numbers.filter((value) => !Number.isFinite(value))).toEqual([]);
    });
    fc.assert(property, { seed: 3, numRuns: 40 });
  });
});

it('without a bar says so, and still shows the numbers of the signal', () => {
  const empty = sceneOf({ task: f.task({ scalp: signal }), candles: [] });
  expect(one<Text>(empty, 'nothing').text).toBe('No bars known for this time');
  expect(named(empty, /^label:(Entry|TP|SL) /)).toHaveLength(3);
  expect(sceneOf({ task: f.task(), candles: [] }).shapes.length).toBeGreaterThan(5);
});

it('of a market shows each open position', () => {
  const open = { side: 'LONG', status: 'OPEN', entry: 104_200, tp: 104_700, sl: 103_700, since: AT } as const;
  const working = { ...open, status: 'WORKING' as const, entry: 104_100 };
  const levels = levelSet([level('RESISTANCE', 104_400, { touches: 5 })]);
  const known = sceneOf({
    task: f.task(),
    candles: f.walk({ bars: 200 }),
    levels,
    positions: [open, working],
  });
  const labels = named(known, /^label:/).map(({ name }) => name?.slice('label:'.length));
  expect(labels.sort()).toEqual([
    '104,250.0',
    'Entry 104,200.0',
    'R 104,400.0 ×5',
    'SL 103,700.0',
    'TP 104,700.0',
  ]);
});

describe('texts', () => {
  const ten = (text: string) => text.length * 10;

  it('too long end in …', () => {
    expect(fitted('abcdefgh', 1, 80, 'regular', ten)).toBe('abcdefgh');
    expect(fitted('abc defgh', 1, 50, 'regular', ten)).toBe('abc…');
  });

  it('break between words, the rest in the last line', () => {
    const fits = (text: string) => text.length <= 7;
    expect(wrapped('one two three four five', 2, fits)).toEqual(['one two', 'three four five']);
    expect(wrapped('one  two', 2, fits)).toEqual(['one two']);
    expect(wrapped('', 2, fits)).toEqual([]);
  });
});
