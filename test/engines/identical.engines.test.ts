import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import type { ReplaySummary } from '../../pipelines/replay/summary.ts';
import { ENGINE_NAMES } from '../../pipelines/runners/portable/engines/catalog.ts';
import { DAY, type EngineInput, INPUTS } from './inputs.ts';
import { needEngineHere } from './needs.ts';
import { differences, runReplay } from './replays.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'engine-'));

interface Output {
  readonly folder: string;
  readonly summary: ReplaySummary;
}

/** What the embedded runner makes of an input: run once, held against by each engine. */
const expected = new Map<EngineInput, Promise<Output>>();

function embedded(input: EngineInput, context: Pick<TestContext, 'skip'>): Promise<Output> {
  const known = expected.get(input);
  if (known) return known;
  const folder = newFolder();
  const run = runReplay(input.words(context), folder).then((summary) => ({ folder, summary }));
  expected.set(input, run);
  return run;
}

describe.each(ENGINE_NAMES)('on %s', (engine) => {
  it.for(INPUTS)('$name gives the bytes of the embedded runner', async (input, context) => {
    await needEngineHere(context, engine);
    const { folder, summary } = await embedded(input, context);
    const out = newFolder();
    const words = [...input.words(context), '--runner', engine];
    const { outputSha256, elapsedMs } = await runReplay(words, out);
    console.log(`${input.name}: embedded ${summary.elapsedMs} ms, ${engine} ${elapsedMs} ms`);
    expect(differences(folder, out)).toEqual([]);
    expect(outputSha256).toBe(summary.outputSha256);
  });
});

it('the simulated day has all that makes a run hard', async (context) => {
  const { summary } = await embedded(DAY, context);
  const { duplicates, late, droppedLate, deadLetters, signals } = summary;
  for (const count of [duplicates, late, droppedLate, deadLetters, signals]) expect(count).toBeGreaterThan(0);
  expect(late).toBeGreaterThan(droppedLate);
});
