/** The machine's clock. Besides this folder nothing reads the time. */
import type { Clock } from './port.ts';
import { waitUntil } from './waiting.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  until: (ms, signal) => waitUntil(Date.now, ms, signal),
};
