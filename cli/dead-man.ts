/** A heartbeat for whoever watches from outside: an address of theirs is asked each minute while all is well here. */
import type { Clock } from '../connectors/clock/port.ts';
import type { Environment } from '../connectors/environment.ts';
import type { Notice } from '../connectors/log-line.ts';
import { secretOf } from '../connectors/secret.ts';
import { ConfigError, messageOf } from '../schemas/errors.ts';

export interface DeadManOptions {
  /** Who knows it can beat for us: it is not told to anyone. */
  readonly url: string;
  readonly isWell: () => boolean;
  readonly clock: Clock;
  /** Told when it begins to fail, and when it works again. */
  readonly notice: Notice;
}

export interface DeadMan {
  close(): Promise<void>;
}

const EVERY_MS = 60_000;
/** While it is not well. */
const LOOK_AGAIN_MS = 5_000;
const PATIENCE_MS = 10_000;

/** Of `CST_DEADMAN_URL`; null where there is none. @throws ConfigError */
export function deadManUrlOf(environment: Environment): string | null {
  const url = secretOf(environment, 'CST_DEADMAN_URL');
  if (url === undefined) return null;
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw new ConfigError('Expected CST_DEADMAN_URL as an address of http or https, got something else.');
}

/** Whoever is asked must miss it after some minutes. A beat that fails is not tried again: the next one comes. */
export function startDeadMan(options: DeadManOptions): DeadMan {
  const stopping = new AbortController();
  const beating = beat(options, stopping.signal);
  return {
    async close() {
      stopping.abort();
      await beating;
    },
  };
}

async function beat({ url, isWell, clock, notice }: DeadManOptions, stopping: AbortSignal): Promise<void> {
  for (let failed = false; !stopping.aborted; ) {
    if (!isWell()) {
      await clock.until(clock.now() + LOOK_AGAIN_MS, stopping);
      continue;
    }
    const problem = await ask(url, stopping);
    if (stopping.aborted) return;
    if (problem !== null && !failed) notice(`Dead-man switch: ${problem} It is asked again each minute.`);
    if (problem === null && failed) notice('Dead-man switch: it is reached again.', 'INFO');
    failed = problem !== null;
    await clock.until(clock.now() + EVERY_MS, stopping);
  }
}

/** Why it was not reached; null where it was. */
async function ask(url: string, stopping: AbortSignal): Promise<string | null> {
  try {
    const { ok, status } = await fetch(url, {
      signal: AbortSignal.any([stopping, AbortSignal.timeout(PATIENCE_MS)]),
    });
    return ok ? null : `Expected CST_DEADMAN_URL to answer 200, got ${status}.`;
  } catch (error) {
    return `Expected CST_DEADMAN_URL to answer, got: ${messageOf(error)}.`;
  }
}
