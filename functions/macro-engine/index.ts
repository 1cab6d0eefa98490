/** `macro-engine` on Cloud Run functions: Cloud Scheduler posts to it every 15 minutes. */
import { venueAdapter } from '../../connectors/exchanges/adapters.ts';
import { candlesOf } from '../../connectors/state/records.ts';
import { MacroParams } from '../../schemas/macro-params.ts';
import { serveFunction } from '../entry.ts';
import { json } from '../environment.ts';
import { authorizeOf } from '../ports.ts';
import { BUS, CALLERS, INSTRUMENTS, REST_URLS, STATE } from '../settings.ts';
import type { CandleSource } from './gather.ts';
import { macroHandler } from './handler.ts';

await serveFunction({
  name: 'macro-engine',
  environment: process.env,
  settings: {
    state: STATE,
    bus: BUS,
    callers: CALLERS,
    pairs: INSTRUMENTS,
    params: json('CST_PARAMS', MacroParams),
    restUrls: REST_URLS,
  },
  async open({ state, bus, callers, pairs, params, restUrls }, { ports, clock, log, meter, onError }) {
    const authorize = authorizeOf(callers);
    const [store, open] = await Promise.all([ports.store(state), ports.bus(bus)]);
    const venues = new Set(pairs.flatMap(({ instruments }) => instruments.map(({ venue }) => venue)));
    const rests = new Map(
      [...venues].map((venue) => {
        const adapter = venueAdapter(venue);
        return [venue, adapter.rest({ baseUrl: restUrls[venue] ?? adapter.restUrl, clock })];
      }),
    );
    const known: CandleSource = (query) => candlesOf(store, query);
    const exchange: CandleSource = (query) => rests.get(query.venue)!.klines(query);
    const onFailure = (failure: string) => log('WARNING', failure);
    const sources = { known, exchange, onFailure };
    return {
      handler: macroHandler({ ...sources, pairs, params, bus: open, clock, meter, authorize, onError }),
    };
  },
});
