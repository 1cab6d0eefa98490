import '../../transforms/sdk.beam.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeRunner } from './fake-runner.fixture.ts';
import { type Describe, encoded, stageOf } from './stages.fixture.ts';
import { busy, failOn } from './steps.fixture.ts';
import { ourWorker, type RunningWorker, type StartWorker, stockWorker } from './workers.fixture.ts';

const STAGES: Record<string, Describe> = {
  pass: stageOf(busy, { ms: 0 }),
  slow: stageOf(busy, { ms: 15 }),
  fails: stageOf(failOn, { value: 3 }),
};
const ids = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Runs one script at one worker, on a runner of its own. */
async function at<T>(
  start: StartWorker,
  script: (runner: FakeRunner, worker: RunningWorker) => Promise<T>,
): Promise<T> {
  const runner = await FakeRunner.start(STAGES);
  const worker = start(runner);
  try {
    return await script(runner, worker);
  } finally {
    await worker.stop();
    runner.stop();
  }
}

/** The same script at the SDK's worker and at ours. */
async function both<T>(script: (runner: FakeRunner, worker: RunningWorker) => Promise<T>) {
  return { stock: await at(stockWorker, script), ours: await at(ourWorker, script) };
}

const prints = ['log', 'warn', 'error', 'debug'] as const;
let printed: string[];
beforeEach(() => {
  printed = [];
  for (const each of prints) {
    vi.spyOn(console, each).mockImplementation((...parts) => void printed.push(parts.map(String).join(' ')));
  }
});
afterEach(() => vi.restoreAllMocks());

describe('what the SDK’s worker gets wrong', () => {
  it('loses no element of a bundle whose end comes in a message of its own', async () => {
    const { stock, ours } = await both(async (runner) => {
      const answer = runner.processBundle('b', 'slow');
      await runner.feed('b', ids(20));
      return { error: (await answer).error, output: await runner.output('b') };
    });
    expect(stock.error).toBe('');
    expect(stock.output.length).toBeLessThan(20);
    expect(ours).toEqual({ error: '', output: ids(20) });
  });

  it('takes input of more than 4 MB', async () => {
    const many = ids(350_000);
    expect(encoded(many).length).toBeGreaterThan(4 << 20);
    const answerOf = (runner: FakeRunner) => runner.processBundle('b', 'pass');
    await at(stockWorker, async (runner) => {
      void answerOf(runner);
      await runner.feed('b', many);
      await vi.waitFor(() => expect(printed.join('\n')).toMatch(/RESOURCE_EXHAUSTED/));
      expect(runner.outputSoFar('b')).toEqual([]);
    });
    await at(ourWorker, async (runner) => {
      const answer = answerOf(runner);
      await runner.feed('b', many);
      expect((await answer).error).toBe('');
      expect((await runner.output('b')).length).toBe(many.length);
    });
  });
});
