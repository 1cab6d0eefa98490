import { expect, it } from 'vitest';
import { race } from './race.scenario.fixture.ts';

/** The slow tier runs 10,000. */
const INTERLEAVINGS = 300;

it('decides each thing once, whoever is told, however often, in whatever order', async () => {
  const sum = { entries: 0, exits: 0, refusals: 0 };
  for (let seed = 0; seed < INTERLEAVINGS; seed++) {
    const { entries, exits, refusals } = await race(seed, seed % 3 === 0 ? 0.05 : 0);
    sum.entries += entries;
    sum.exits += exits;
    sum.refusals += refusals;
  }
  console.log(sum);
  expect(Math.min(sum.entries, sum.exits, sum.refusals)).toBeGreaterThan(INTERLEAVINGS);
});
