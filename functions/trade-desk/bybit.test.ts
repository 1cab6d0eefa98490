import { expect, it } from 'vitest';
import { liveOnTwin } from './bybit.fixture.ts';

it('holds what the account holds, and makes what it makes, whatever is lost', async () => {
  const lives: Awaited<ReturnType<typeof liveOnTwin>>[] = [];
  for (const seed of [1, 2, 3, 4]) lives.push(await liveOnTwin(seed, 60));
  const sum = (of: (life: (typeof lives)[number]) => number) =>
    lives.reduce((all, life) => all + of(life), 0);
  expect(sum(({ entries }) => entries)).toBeGreaterThan(20);
  expect(sum(({ fundings }) => fundings)).toBeGreaterThan(2);
  expect(sum(({ lost }) => lost)).toBeGreaterThan(10);
  const exits = new Set(lives.flatMap((life) => life.exits));
  expect([...exits].sort()).toEqual(['CANCELLED', 'SL', 'TIMEOUT', 'TP']);
});
