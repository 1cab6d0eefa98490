/** A command that runs on until it is asked to end. */
import { systemClock } from '../connectors/clock/system.ts';

/**
 * Runs it with a promise that resolves at the first SIGINT or SIGTERM, after the time given (unit: ms), or when whoever
 * read the output has gone (`| head`); the second signal ends the process at once.
 */
export async function untilStopRequest(
  run: (stopAsked: Promise<void>) => Promise<void>,
  afterMs?: number,
): Promise<void> {
  const over = new AbortController();
  let signals = 0;
  const stopAsked = new Promise<void>((resolve) => {
    const onSignal = () => {
      signals += 1;
      if (signals > 1) process.exit(130);
      resolve();
    };
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
    process.stdout.on('error', () => resolve());
    if (afterMs !== undefined) {
      void systemClock.until(systemClock.now() + afterMs, over.signal).then(resolve);
    }
  });
  try {
    await run(stopAsked);
  } finally {
    over.abort();
  }
}
