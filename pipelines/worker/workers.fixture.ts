/** The SDK's own worker and ours, each in this process, at the same fake runner. */
import '../../transforms/sdk.beam.ts';
import { Worker } from 'apache-beam/worker/worker';
import { systemStopwatch } from '../../connectors/clock/stopwatch.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { FakeRunner } from './fake-runner.fixture.ts';
import { Harness } from './harness.ts';
import { WorkerLog } from './logging.ts';
import type { Describe } from './stages.fixture.ts';

export interface RunningWorker {
  /** Bundles that its data channels still know. */
  known(): number;
  stop(): Promise<void>;
}

export type StartWorker = (runner: FakeRunner) => RunningWorker;

export const stockWorker: StartWorker = (runner) => {
  const worker = new Worker('w', { controlUrl: runner.endpoint });
  worker.controlChannel.on('error', () => undefined);
  return {
    known: () => [...worker.dataChannels.values()].reduce((sum, { consumers }) => sum + consumers.size, 0),
    stop: async () => {
      worker.stop();
      for (const channel of worker.dataChannels.values()) channel.close();
      for (const channel of worker.stateChannels.values()) channel.close();
    },
  };
};

export function ourHarness(
  runner: FakeRunner,
  lines: string[] = [],
  capabilities: readonly string[] = [],
): Harness {
  return new Harness({
    workerId: 'w',
    controlEndpoint: runner.endpoint,
    capabilities,
    connectTimeoutMs: 5000,
    clock: systemClock,
    stopwatch: systemStopwatch,
    log: new WorkerLog({ clock: systemClock, send: () => false, fallBack: (line) => lines.push(line) }),
  });
}

export const ourWorker: StartWorker = (runner) => workerOf(ourHarness(runner));

/** At a runner that can do more than the least. */
export const capableWorker = (...capabilities: string[]): StartWorker => {
  return (runner) => workerOf(ourHarness(runner, [], capabilities));
};

function workerOf(harness: Harness): RunningWorker {
  const running = harness.run().catch(() => undefined);
  return {
    known: () => harness.known,
    stop: async () => {
      await harness.stop(1000);
      await running;
    },
  };
}

/** Runs one script at one worker, on a runner of its own. */
export async function at<T>(
  start: StartWorker,
  stages: Readonly<Record<string, Describe>>,
  script: (runner: FakeRunner, worker: RunningWorker) => Promise<T>,
): Promise<T> {
  const runner = await FakeRunner.start(stages);
  const worker = start(runner);
  try {
    return await script(runner, worker);
  } finally {
    await worker.stop();
    runner.stop();
  }
}
