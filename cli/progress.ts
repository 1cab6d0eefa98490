/** A progress bar for whoever watches: on a terminal only, and only for what takes longer than two seconds. */
import cliProgress from 'cli-progress';
import type { Clock } from '../connectors/clock/port.ts';

const SHOW_AFTER_MS = 2_000;
const EVERY_MS = 200;
const FULL = 1_000;

export interface Progress {
  update(share: number): void;
  stop(): void;
}

/** @param stream Where it is drawn; silent where that is no terminal. */
export function progressBar(label: string, clock: Clock, stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return { update: () => undefined, stop: () => undefined };
  const startedMs = clock.now();
  let drawnMs = startedMs + SHOW_AFTER_MS - EVERY_MS;
  let bar: cliProgress.SingleBar | undefined;
  return {
    update(share) {
      const now = clock.now();
      if (now - drawnMs < EVERY_MS) return;
      drawnMs = now;
      if (!bar) {
        bar = new cliProgress.SingleBar({
          stream,
          format: `${label} {bar} {percentage} % | {eta_formatted} left`,
        });
        bar.start(FULL, 0);
      }
      bar.update(Math.round(share * FULL));
    },
    stop: () => bar?.stop(),
  };
}
