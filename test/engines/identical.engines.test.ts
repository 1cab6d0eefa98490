import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { badDay, INPUTS } from './inputs.ts';
import { needEngineHere } from './needs.ts';
import { differences, runReplay } from './replays.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'engine-'));

it.for(INPUTS)('$engine makes of $name the bytes of the embedded runner', async (input, context) => {
  const { engine, name } = input;
  const words = input.words(context);
  await needEngineHere(context, engine);
  const [expected, got] = [newFolder(), newFolder()];
  const ours = await runReplay(words, expected);
  const theirs = await runReplay([...words, '--runner', engine], got);
  console.log(`${name}: embedded ${ours.elapsedMs} ms, ${engine} ${theirs.elapsedMs} ms`);
  expect(differences(expected, got)).toEqual([]);
  expect(theirs.outputSha256).toBe(ours.outputSha256);
});

it('the simulated day has all that makes a run hard', async () => {
  const summary = await runReplay(badDay(), newFolder());
  const { duplicates, late, droppedLate, deadLetters, signals } = summary;
  for (const count of [duplicates, late, droppedLate, deadLetters, signals]) expect(count).toBeGreaterThan(0);
  expect(late).toBeGreaterThan(droppedLate);
});
