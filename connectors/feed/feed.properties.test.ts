/** Whatever breaks and whenever: what was traded is published once, or the ledger says what is missing. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TinyOptions, TinyWorld } from './feed.fixture.ts';
import { Feed } from './feed.ts';
import type { FeedOutput } from './feed-io.ts';
import { START, tradeAt } from './tiny-venue.fixture.ts';
import { missing } from './told.fixture.ts';

const PATIENT = { floorMs: 3_600_000, ceilingMs: 3_600_000 };

const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('trades' as const), count: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('again' as const), back: fc.integer({ min: 1, max: 30 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      connection: fc.integer({ min: 0, max: 1 }),
      backMs: fc.integer({ min: 10, max: 4_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('away' as const), forMs: fc.integer({ min: 100, max: 6_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rest' as const), forMs: fc.integer({ min: 100, max: 9_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('goodbye' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('quiet' as const) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const schedule = fc.record({
  copies: fc.integer({ min: 1, max: 2 }),
  hasContiguousIds: fc.boolean(),
  restDepth: fc.constantFrom(5, 20, 1_000),
  restLagMs: fc.constantFrom(0, 400, 1_500),
  ackMs: fc.constantFrom(5, 700),
  isRestShuffled: fc.boolean(),
  steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 1_500 }), action), { minLength: 5, maxLength: 60 }),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

/** The schedule, and then two and a half minutes in which all is well. */
function play({ steps, isRestShuffled, ...options }: Schedule): { world: TinyWorld; endMs: number } {
  const { copies, hasContiguousIds } = options;
  const tiny: TinyOptions = {
    ...options,
    adapter: { hasContiguousIds, venue: hasContiguousIds ? 'kraken' : 'bybit' },
    feed: { copies, liveness: PATIENT },
  };
  const world = new TinyWorld(tiny);
  if (isRestShuffled) world.shapeRest = (trades) => [...trades, ...trades.slice(0, 3)].reverse();
  let n = 0;
  for (const [waitMs, step] of steps) {
    world.runTo(world.now + waitMs);
    n = act(world, step, n);
  }
  world.isAway = false;
  world.isRestAway = false;
  world.hasBooks = true;
  for (let i = 0; i < 100; i++) {
    world.runTo(world.now + 1_500);
    n = act(world, { kind: 'trades', count: 1 }, n);
  }
  world.runTo(world.now + 5_000);
  return { world, endMs: Math.floor(world.now / 1_000) * 1_000 - 2_000 };
}

/** Returns the number of trades so far. */
function act(world: TinyWorld, step: Action, before: number): number {
  switch (step.kind) {
    case 'trades': {
      const rows = Array.from({ length: step.count }, (_, i) => tradeAt(world.now, before + 1 + i));
      for (const row of rows) world.happens(row);
      // Frames that are under way together may overtake each other.
      for (const row of rows.toReversed()) {
        world.deliver({ kind: 'trades', symbol: 'X', ts: world.now, trades: [row] });
      }
      return before + rows.length;
    }
    case 'again': {
      const row = world.truth.get('X')!.at(-step.back);
      if (row && row.ts > START) world.deliver({ kind: 'trades', symbol: 'X', ts: world.now, trades: [row] });
      return before;
    }
    case 'cut':
      if (world.sessions.get(step.connection)) world.cut(step.connection, step.backMs);
      return before;
    case 'goodbye':
      if (world.sessions.get(0)) world.frame(0, [{ kind: 'goodbye', reason: 'It restarts.' }]);
      return before;
    case 'away':
      world.isAway = true;
      world.after(step.forMs, () => {
        world.isAway = false;
      });
      return before;
    case 'rest':
      world.isRestAway = true;
      world.after(step.forMs, () => {
        world.isRestAway = false;
      });
      return before;
    case 'quiet':
      world.hasBooks = !world.hasBooks;
      return before;
  }
}

function digest(outputs: readonly FeedOutput[]): string {
  const hash = createHash('sha256');
  for (const { commands, messages } of outputs) {
    hash.update(JSON.stringify(commands));
    for (const { topic, messages: own } of messages) {
      for (const { data, ...rest } of own) hash.update(topic).update(data).update(JSON.stringify(rest));
    }
  }
  return hash.digest('hex');
}

describe('a feed, for random cuts, copies, overtaking frames and answers of REST', () => {
  it('publishes no trade twice, misses none that the ledger does not cover, and vouches for all others', () => {
    fc.assert(
      fc.property(schedule, (random) => {
        const { world, endMs } = play(random);
        const published = world.published().map(({ tradeId }) => Number(tradeId));
        expect(published.length).toBe(new Set(published).size);
        const truth = new Map(world.truth.get('X')!.map((row) => [row.seq, row]));
        for (const { seq, ts, price, size } of world.published())
          expect(truth.get(seq)).toMatchObject({ ts, price, size });
        const lost = missing(world.ledger());
        const known = new Set(published);
        const uncovered = [...truth.values()].filter(
          ({ seq, ts }) => seq > 0 && ts < endMs && !known.has(seq) && !lost.isIn(ts, ts + 1),
        );
        expect(uncovered).toEqual([]);
        const unvouched = world.unvouched(START, endMs);
        const seconds = Array.from({ length: (endMs - START) / 1_000 }, (_, i) => START + i * 1_000);
        expect(unvouched).toEqual(seconds.filter((second) => lost.isIn(second, second + 1_000)));
      }),
      { seed: 1, numRuns: 120 },
    );
  });

  it('answers the same inputs with the same bytes', () => {
    fc.assert(
      fc.property(schedule, (random) => {
        const { world } = play(random);
        const startedAt = { market: START, network: START };
        const again = new Feed({
          adapter: world.adapter,
          startedAt,
          copies: random.copies,
          liveness: PATIENT,
        });
        const outputs = world.inputs.map(({ input, at }) => again.apply(input, { market: at, network: at }));
        expect(digest(outputs)).toBe(digest(world.outputs));
      }),
      { seed: 2, numRuns: 20 },
    );
  });
});
