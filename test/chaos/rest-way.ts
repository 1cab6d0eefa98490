/** REST of the twins under addresses of their own, in virtual time, behind the platform's `fetch`. */

import type { ExchangeTwin } from '../../connectors/exchanges/simulated/twin.ts';
import { Random } from '../../connectors/random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Unit: ms, each way. */
const WAY = { leastMs: 15, jitterMs: 120 };

/** @param twins By the origin of their addresses. */
export function twinFetch(
  time: VirtualTime,
  twins: Readonly<Record<string, ExchangeTwin>>,
  seed: number,
): typeof fetch {
  const random = new Random(seed);
  const way = () => WAY.leastMs + Math.floor(random.next() * WAY.jitterMs);
  return async (input, init = {}) => {
    const url = new URL(String(input));
    const twin = twins[url.origin];
    if (!twin) throw new Error(`Expected an address of a twin, got ${url}.`);
    const signal = init?.signal ?? undefined;
    await time.until(time.now() + way(), signal);
    signal?.throwIfAborted();
    const { status, headers, text, delayMs } = await twin.get(`${url.pathname}${url.search}`);
    await time.until(time.now() + delayMs + way(), signal);
    signal?.throwIfAborted();
    return new Response(text, { status, headers });
  };
}
