/** Two desks on one store, 10,000 random interleavings in memory and 1,000 on SQLite. */
import { expect, it } from 'vitest';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { memoryStore } from './race.fixture.ts';
import { races } from './race.scenario.fixture.ts';

it('decides each thing once in 10,000 interleavings', async () => {
  const { entries, exits, refusals } = await races(0, 10_000, async () => memoryStore());
  console.log({ entries, exits, refusals });
  expect(Math.min(entries, exits, refusals)).toBeGreaterThan(10_000);
});

it('decides each thing once on SQLite', async () => {
  const clock = new ManualClock(0);
  const result = await races(20_000, 1_000, () => openSqliteStore({ path: ':memory:', clock }));
  console.log(result);
  expect(result.exits).toBeGreaterThan(1_000);
});
