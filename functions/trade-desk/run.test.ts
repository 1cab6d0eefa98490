import { expect, it } from 'vitest';
import { memoryStore } from './race.fixture.ts';
import { races } from './race.scenario.fixture.ts';

/** The slow tier runs 10,000. */
const INTERLEAVINGS = 150;

it('decides each thing once, whoever is told, however often, in whatever order', async () => {
  const { entries, exits, refusals } = await races(0, INTERLEAVINGS, async () => memoryStore());
  expect(Math.min(entries, exits, refusals)).toBeGreaterThan(INTERLEAVINGS);
});
