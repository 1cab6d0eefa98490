/** `chart-renderer` on Cloud Run functions: Cloud Tasks posts each task of the queue of charts to it. */
import { venueAdapter } from '../../connectors/exchanges/adapters.ts';
import { Venue } from '../../schemas/primitives.ts';
import { serveFunction } from '../entry.ts';
import { value } from '../environment.ts';
import type { CandleSource } from '../macro-engine/gather.ts';
import { authorizeOf } from '../ports.ts';
import { CALLERS, MESSENGER, REST_URLS, STATE } from '../settings.ts';
import { ChartRenderer } from './chart-renderer.ts';
import { chartHandler } from './handler.ts';

await serveFunction({
  name: 'chart-renderer',
  environment: process.env,
  settings: {
    state: STATE,
    messenger: MESSENGER,
    callers: CALLERS,
    restUrls: REST_URLS,
    venue: value('CST_VENUE', Venue.default('bybit'), 'the exchange that is traded, e.g. bybit'),
  },
  async open(
    { state, messenger: settings, callers, restUrls, venue },
    { ports, clock, meter, stages, notice: onNotice, onError },
  ) {
    const authorize = authorizeOf(callers);
    const [store, messenger] = await Promise.all([ports.store(state), ports.messenger(settings)]);
    const adapter = venueAdapter(venue);
    const rest = adapter.rest({ baseUrl: restUrls[venue] ?? adapter.restUrl, clock });
    const exchange: CandleSource = async (query) => (query.venue === venue ? rest.klines(query) : []);
    const renderer = new ChartRenderer({ store, messenger, clock, venue, exchange, onNotice, meter, stages });
    return { handler: chartHandler({ renderer, authorize, onError }), close: () => renderer.close() };
  },
});
