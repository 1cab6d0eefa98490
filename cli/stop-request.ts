/** When a command that runs on is asked to end. */
import { systemClock } from '../connectors/clock/system.ts';

/**
 * Resolves at the first SIGINT or SIGTERM, after the time given, or when whoever read the output has gone (`| head`);
 * the second signal ends the process at once.
 */
export function stopRequest(afterMs?: number): { readonly asked: Promise<void>; done(): void } {
  const timeUp = new AbortController();
  let signals = 0;
  const asked = new Promise<void>((resolve) => {
    const onSignal = () => {
      signals += 1;
      if (signals > 1) process.exit(130);
      resolve();
    };
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
    process.stdout.on('error', () => resolve());
    if (afterMs !== undefined) {
      void systemClock.until(systemClock.now() + afterMs, timeUp.signal).then(resolve);
    }
  });
  return { asked, done: () => timeUp.abort() };
}
