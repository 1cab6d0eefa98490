/** `trade-desk` on Cloud Run functions: Pub/Sub pushes its topics to it, and a timer posts to `/timer`. */
import { DeskConfig } from '../../schemas/desk-params.ts';
import { serveFunction } from '../entry.ts';
import { json } from '../environment.ts';
import { authorizeOf } from '../ports.ts';
import { BUS, CALLERS, STATE } from '../settings.ts';
import { deskHandler } from './handler.ts';

await serveFunction({
  name: 'trade-desk',
  environment: process.env,
  settings: { state: STATE, bus: BUS, callers: CALLERS, config: json('CST_PARAMS', DeskConfig) },
  async open({ state, bus, callers, config }, { ports, clock, onError }) {
    const authorize = authorizeOf(callers);
    const [store, open] = await Promise.all([ports.store(state), ports.bus(bus)]);
    return { handler: deskHandler({ store, bus: open, config, clock, authorize, onError }) };
  },
});
