import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReplaySummary } from '../../pipelines/replay/summary.ts';
import { badDay, INPUTS, SIMULATED_DAY } from './inputs.ts';
import { needEngineHere } from './needs.ts';
import { CASE_LIMIT_MS, differences, runReplay } from './replays.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'engine-'));

interface Expected {
  readonly folder: string;
  readonly summary: ReplaySummary;
}
const known = new Map<string, Promise<Expected>>();

/** What the embedded runner makes of an input: once, for all engines. */
function expectedOf(name: string, words: readonly string[]): Promise<Expected> {
  const folder = newFolder();
  const found = known.get(name) ?? runReplay(words, folder).then((summary) => ({ folder, summary }));
  known.set(name, found);
  return found;
}

describe.concurrent('an engine and the embedded runner', { timeout: CASE_LIMIT_MS }, () => {
  it.for(INPUTS)('$engine makes of $name the bytes of the embedded runner', async (input, context) => {
    const { engine, name } = input;
    const words = input.words(context);
    await needEngineHere(context, engine);
    const { folder, summary } = await expectedOf(name, words);
    const got = newFolder();
    const theirs = await runReplay([...words, '--runner', engine], got);
    console.log(`${name}: embedded ${summary.elapsedMs} ms, ${engine} ${theirs.elapsedMs} ms`);
    expect(differences(folder, got)).toEqual([]);
    expect(theirs.outputSha256).toBe(summary.outputSha256);
  });

  it('the simulated day has all that makes a run hard', async () => {
    const { duplicates, late, droppedLate, deadLetters, signals } = (
      await expectedOf(SIMULATED_DAY, badDay())
    ).summary;
    for (const count of [duplicates, late, droppedLate, deadLetters, signals])
      expect(count).toBeGreaterThan(0);
    expect(late).toBeGreaterThan(droppedLate);
  });
});
