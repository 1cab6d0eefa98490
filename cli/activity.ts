/** A line that says what is being waited for and for how long: on a terminal only, and only beyond two seconds. */
import { createLogUpdate } from 'log-update';
import type { Clock } from '../connectors/clock/port.ts';
import { duration } from './figures.ts';

const SHOW_AFTER_MS = 2_000;
const EVERY_MS = 200;
const MAX_DETAIL = 80;

export interface Activity {
  /** What is going on now, e.g. the newest line of a tool. */
  detail(text: string): void;
  stop(): void;
}

/** For work whose share done nobody knows. @param stream Where it is drawn; silent where that is no terminal. */
export function activity(label: string, clock: Clock, stream: NodeJS.WriteStream): Activity {
  if (!stream.isTTY) return { detail: () => undefined, stop: () => undefined };
  const startedMs = clock.now();
  const draw = createLogUpdate(stream);
  let detail = '';
  const timer = setInterval(() => {
    const ms = clock.now() - startedMs;
    if (ms >= SHOW_AFTER_MS) draw(`${label} … ${duration(ms)}\n  ${detail}`);
  }, EVERY_MS);
  timer.unref();
  return {
    detail: (text) => {
      detail = text.trim().slice(0, MAX_DETAIL);
    },
    stop: () => {
      clearInterval(timer);
      draw.clear();
    },
  };
}
