/** `state-sink` on Cloud Run functions: Pub/Sub pushes the topics of state to it. */
import { serveFunction } from '../entry.ts';
import { authorizeOf } from '../ports.ts';
import { BUS, CALLERS, STATE } from '../settings.ts';
import { stateSinkHandler } from './handler.ts';
import { sinkMetrics } from './metrics.ts';

await serveFunction({
  name: 'state-sink',
  environment: process.env,
  settings: { state: STATE, bus: BUS, callers: CALLERS },
  async open({ state, bus, callers }, { ports, clock, meter, onError }) {
    const authorize = authorizeOf(callers);
    const [store, open] = await Promise.all([ports.store(state), ports.bus(bus)]);
    return {
      handler: stateSinkHandler({ store, bus: open, authorize, onError, onKept: sinkMetrics(meter, clock) }),
    };
  },
});
