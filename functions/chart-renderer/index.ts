/** `chart-renderer` on Cloud Run functions: Cloud Tasks posts each task of the queue of charts to it. */

import { Venue } from '../../schemas/primitives.ts';
import { serveFunction } from '../entry.ts';
import { value } from '../environment.ts';
import { authorizeOf } from '../ports.ts';
import { CALLERS, MESSENGER, STATE } from '../settings.ts';
import { ChartRenderer } from './chart-renderer.ts';
import { chartHandler } from './handler.ts';

await serveFunction({
  name: 'chart-renderer',
  environment: process.env,
  settings: {
    ...{ state: STATE, messenger: MESSENGER, callers: CALLERS },
    venue: value('CST_VENUE', Venue.default('bybit'), 'bybit, kraken or binance'),
  },
  async open({ state, messenger, callers, venue }, { ports, clock, log, onError }) {
    const authorize = authorizeOf(callers);
    const [store, sender] = await Promise.all([ports.store(state), ports.messenger(messenger)]);
    const onNotice = (line: string) => log('WARNING', line);
    const renderer = new ChartRenderer({ store, messenger: sender, clock, venue, onNotice });
    return { handler: chartHandler({ renderer, authorize, onError }), close: () => renderer.close() };
  },
});
