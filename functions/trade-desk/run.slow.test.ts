/** Two desks on one store, 10,000 random interleavings in memory, 1,000 on SQLite, CST_RACES on Bigtable’s emulator. */
import { expect, it } from 'vitest';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { openBigtableStore } from '../../connectors/state/bigtable.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { messageOf } from '../../schemas/errors.ts';
import { createStateTable, startBigtable } from '../../test/bigtable/bigtable.ts';
import { needGo } from '../../test/go-server.ts';
import { RACES } from '../../test/races.ts';
import { liveOnTwin } from './bybit.fixture.ts';
import { raceOnAccount } from './execution.race.fixture.ts';
import { memoryStore } from './race.fixture.ts';
import { races, racesAtOnce } from './race.scenario.fixture.ts';

/** Races under way together on the emulator: its answers are what each waits for. */
const AT_ONCE = 64;
/** A race takes 0.2 s of a core. Unit: ms. */
const MAX_RACE_MS = 6_000;

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

it(
  'decides each thing once on Bigtable',
  async (context) => {
    needGo(context);
    const server = await startBigtable();
    context.onTestFinished(() => server.stop());
    const at = { project: 'project', instance: 'instance', table: 'desk' };
    await createStateTable(server, at);
    const store = await openBigtableStore({ ...at, endpoint: server.address, clock: new ManualClock(0) });
    context.onTestFinished(() => store.close());
    const result = await racesAtOnce(30_000, RACES, store, AT_ONCE);
    console.log({ races: RACES, ...result });
    expect(Math.min(result.entries, result.exits, result.refusals)).toBeGreaterThan(RACES);
  },
  RACES * MAX_RACE_MS,
);

it('has the account’s own profit in 1,000 interleavings of desks, executions and faults', async () => {
  const sum = { entries: 0, exits: 0, copies: 0 };
  for (let seed = 0; seed < 1_000; seed++) {
    const { entries, exits, copies } = await raceOnAccount(seed).catch((cause) => {
      throw new Error(`seed ${seed}: ${messageOf(cause)}`, { cause });
    });
    sum.entries += entries;
    sum.exits += exits;
    sum.copies += copies;
  }
  console.log(sum);
  expect(sum.exits).toBe(sum.entries);
  expect(sum.entries).toBeGreaterThan(3_000);
});

it('holds what an account of the simulated Bybit holds, in 40 hours of faults', async () => {
  const sum = { entries: 0, exits: 0, fundings: 0, lost: 0 };
  for (let seed = 100; seed < 140; seed++) {
    const { entries, exits, fundings, lost } = await liveOnTwin(seed, 100);
    sum.entries += entries;
    sum.exits += exits.length;
    sum.fundings += fundings;
    sum.lost += lost;
  }
  console.log(sum);
  expect(sum.exits).toBe(sum.entries);
  expect(sum.entries).toBeGreaterThan(300);
});
