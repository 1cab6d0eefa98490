import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelUntilMs } from './completeness.model.ts';
import { Completeness, type CompletenessOptions, type Evidence } from './completeness.ts';
import { Spans } from './spans.ts';

const T = 1_000_000;
const NEVER = Number.NEGATIVE_INFINITY;
const PATIENCE = 10_000;

const snapshot = (second: number, to = 0, since = 1, key = 'a'): Evidence => ({
  kind: 'snapshot',
  key,
  eventTimeMs: T + second * 1_000,
  isRepeated: false,
  position: { since, from: to, to },
});
const trades = (second: number, from: number, to: number, since = 1, key = 'a'): Evidence => ({
  kind: 'trades',
  key,
  eventTimeMs: T + second * 1_000,
  isRepeated: false,
  position: { since, from, to },
});

function open(options: Partial<CompletenessOptions> = {}) {
  let now = T;
  const completeness = new Completeness({
    keys: ['a'],
    sinceMs: T,
    patienceMs: PATIENCE,
    nowMs: now,
    ...options,
  });
  return {
    add: (...all: Evidence[]) => {
      for (const each of all) completeness.add(each, now);
    },
    remove: (evidence: Evidence) => completeness.remove(evidence),
    doubt: () => completeness.doubt(now),
    pass: (ms: number) => {
      now += ms;
    },
    /** In seconds after T. */
    until: () => (completeness.untilMs(now) - T) / 1_000,
  };
}

describe('a feed is complete', () => {
  it('up to the last second whose snapshot and trades are all here', () => {
    const { add, until } = open();
    add(snapshot(0), snapshot(1), snapshot(2, 5), snapshot(3, 5));
    expect(until()).toBe(1);
    add(trades(1, 3, 5));
    expect(until()).toBe(1);
    add(trades(2, 0, 3));
    expect(until()).toBe(3);
    add(snapshot(5, 5));
    expect(until()).toBe(3);
  });

  it('from where an earlier run left off, not from what came first', () => {
    const { add, until } = open({ sinceMs: T + 5_000 });
    add(snapshot(6), snapshot(7), snapshot(8));
    expect(until()).toBe(NEVER);
    add(snapshot(4));
    expect(until()).toBe(4);
    add(snapshot(5));
    expect(until()).toBe(8);
  });

  it('where every symbol that is expected is', () => {
    const { add, until } = open({ keys: ['a', 'b'] });
    add(snapshot(0), snapshot(1));
    expect(until()).toBe(NEVER);
    add(snapshot(0, 0, 1, 'b'));
    expect(until()).toBe(0);
  });

  it('without counted trades where the publisher does not number them', () => {
    const { add, until } = open();
    add(snapshot(0), { ...snapshot(1), position: undefined }, snapshot(2, 1));
    expect(until()).toBe(1);
  });

  it('over the start of a new publisher, which counts from 0', () => {
    const { add, until } = open();
    add(snapshot(0, 7), snapshot(1, 2, 99), snapshot(2, 2, 99));
    expect(until()).toBe(0);
    add(trades(1, 0, 2, 99));
    expect(until()).toBe(2);
  });
});

describe('what is missing', () => {
  it('is given up after a while', () => {
    const { add, pass, until } = open();
    add(snapshot(0));
    add(snapshot(2, 3), snapshot(3, 3));
    pass(PATIENCE - 1);
    expect(until()).toBe(0);
    pass(1);
    expect(until()).toBe(3);
  });

  it('is waited for as long as the bus brings what is as old, or cannot rule it out', () => {
    const { add, pass, until, doubt } = open();
    add(snapshot(0), snapshot(5));
    pass(PATIENCE + 1);
    add(trades(-1, 0, 1));
    pass(PATIENCE - 1);
    expect(until()).toBe(0);
    doubt();
    add({ ...trades(-1, 0, 1), isRepeated: true });
    pass(PATIENCE - 1);
    expect(until()).toBe(0);
    pass(1);
    expect(until()).toBe(5);
  });

  it('holds nothing up any more where a symbol has fallen silent, until it speaks again', () => {
    const { add, pass, until } = open({ keys: ['a', 'b'] });
    add(snapshot(0), snapshot(0, 0, 1, 'b'));
    pass(PATIENCE - 1_000);
    add(...Array.from({ length: 10 }, (_, i) => snapshot(i + 1)));
    expect(until()).toBe(0);
    pass(1_000);
    expect(until()).toBe(10);
    add(snapshot(9, 0, 1, 'b'));
    expect(until()).toBe(0);
    pass(PATIENCE);
    expect(until()).toBe(10);
  });

  it('moves nothing where all have fallen silent', () => {
    const { add, pass, until } = open({ keys: ['a', 'b'] });
    add(snapshot(0), snapshot(1), snapshot(0, 0, 1, 'b'));
    pass(100 * PATIENCE);
    expect(until()).toBe(1);
  });

  it('is, before the first second, what an earlier run may have left: a symbol that is new later begins at once', () => {
    const { add, pass, until } = open({ sinceMs: NEVER });
    add(snapshot(0));
    pass(PATIENCE - 1);
    expect(until()).toBe(NEVER);
    pass(1);
    expect(until()).toBe(0);
    add(snapshot(1), snapshot(10, 50, 1, 'b'));
    expect(until()).toBe(1);
    add(...Array.from({ length: 10 }, (_, i) => snapshot(i + 1)));
    expect(until()).toBe(10);
  });
});

it('takes no message from the future for progress', () => {
  const { add, pass, until } = open();
  add(snapshot(0), snapshot(3_600));
  pass(PATIENCE);
  add(snapshot(1));
  expect(until()).toBe(1);
});

it('forgets what goes back to the bus', () => {
  const { add, remove, until } = open();
  add(snapshot(0), snapshot(2, 4), trades(1, 0, 4));
  remove(snapshot(2, 4));
  remove(trades(1, 0, 4));
  add(snapshot(1, 4));
  expect(until()).toBe(0);
  add(trades(1, 0, 4));
  expect(until()).toBe(1);
  add(snapshot(2, 4));
  expect(until()).toBe(2);
});

const anyFeed = fc
  .tuple(
    fc.constantFrom('a', 'b'),
    fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }), { minLength: 2, maxLength: 8 }),
  )
  .map(([key, seconds]) => {
    const published: Evidence[] = [];
    let count = 0;
    for (const [i, batches] of seconds.entries()) {
      for (const size of batches) {
        published.push(trades(i, count, count + size, 1, key));
        count += size;
      }
      published.push(snapshot(i, count, 1, key));
    }
    return published;
  });

it('agrees with the oracle after each message, in any order, with any copies', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyFeed, { minLength: 1, maxLength: 2, selector: (feed) => feed[0]!.key }),
      fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
      fc.integer({ min: 0, max: 3 }),
      (feeds, draws, since) => {
        const published = feeds.flat();
        const keys = feeds.map((feed) => feed[0]!.key);
        const { add, until } = open({
          keys,
          sinceMs: T + since * 1_000,
          patienceMs: Number.POSITIVE_INFINITY,
        });
        const received = new Set<Evidence>();
        let highest = NEVER;
        for (const draw of draws) {
          const evidence = published[draw % published.length]!;
          add(evidence);
          received.add(evidence);
          // What was complete stays so: an older second that comes afterwards is behind it.
          highest = Math.max(highest, until());
          const model = (modelUntilMs(published, received, T + since * 1_000) - T) / 1_000;
          expect(highest).toBeGreaterThanOrEqual(model);
          if (model > since) expect(highest).toBe(model);
          if (highest > since) expect(highest).toBeLessThanOrEqual(modelOfAll(published, received, since));
        }
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

/** Like the oracle, but of a reader who needs nothing of the seconds up to `since`. */
function modelOfAll(published: readonly Evidence[], received: ReadonlySet<Evidence>, since: number): number {
  const limit = T + since * 1_000;
  const needless = published.filter(({ kind, eventTimeMs }) => kind === 'snapshot' && eventTimeMs <= limit);
  const behind = published.filter((evidence) =>
    needless.some(
      (snapshot) =>
        snapshot.key === evidence.key && published.indexOf(snapshot) >= published.indexOf(evidence),
    ),
  );
  return (modelUntilMs(published, new Set([...received, ...behind]), limit) - T) / 1_000;
}

it('keeps spans as a set of numbers would', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(30), fc.nat(6));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.nat(30), fc.nat(6), (steps, from, length) => {
      const spans = new Spans();
      const numbers = new Set<number>();
      for (const [isAdded, start, size] of steps) {
        if (isAdded) spans.add(start, start + size);
        else spans.remove(start, start + size);
        for (let n = start; n < start + size; n++) isAdded ? numbers.add(n) : numbers.delete(n);
      }
      const asked = Array.from({ length }, (_, i) => from + i);
      expect(spans.covers(from, from + length)).toBe(asked.every((n) => numbers.has(n)));
    }),
    { seed: 1, numRuns: 500 },
  );
});
