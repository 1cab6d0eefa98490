/** A command that runs on until it is asked to end. */
import { constants } from 'node:os';
import { systemClock } from '../connectors/clock/system.ts';

/** Of whoever asks for an end; one that is asked for twice is to come at once. */
const ASKING = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs it with a promise that resolves at the first SIGINT or SIGTERM, when its terminal is closed (SIGHUP, which comes
 * more than once), after the time given (unit: ms), or when whoever read the output has gone (`| head`); a second SIGINT
 * or SIGTERM ends the process at once.
 */
export async function untilStopRequest(
  run: (stopAsked: Promise<void>) => Promise<void>,
  afterMs?: number,
): Promise<void> {
  const over = new AbortController();
  const { promise: stopAsked, resolve: stop } = Promise.withResolvers<void>();
  let asked = 0;
  const onAsked = (name: NodeJS.Signals) => {
    asked += 1;
    if (asked > 1) process.exit(128 + constants.signals[name]);
    stop();
  };
  const onGone = () => stop();
  for (const name of ASKING) process.on(name, onAsked);
  process.on('SIGHUP', onGone);
  process.stdout.on('error', onGone);
  if (afterMs !== undefined) void systemClock.until(systemClock.now() + afterMs, over.signal).then(stop);
  try {
    await run(stopAsked);
  } finally {
    over.abort();
    for (const name of ASKING) process.off(name, onAsked);
    process.off('SIGHUP', onGone);
    process.stdout.off('error', onGone);
  }
}
