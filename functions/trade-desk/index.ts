/** `trade-desk` on Cloud Run functions: Pub/Sub pushes its topics to it, and a timer posts to `/timer`. */
import { openBroker } from '../../connectors/broker/open.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { serveFunction } from '../entry.ts';
import { json } from '../environment.ts';
import { authorizeOf } from '../ports.ts';
import { BROKER, BUS, CALLERS, GRAPH_ENGINE, STATE, TRADED } from '../settings.ts';
import { deskHandler } from './handler.ts';

const environment = process.env;

await serveFunction({
  name: 'trade-desk',
  environment,
  settings: {
    state: STATE,
    bus: BUS,
    callers: CALLERS,
    broker: BROKER,
    traded: TRADED,
    engine: GRAPH_ENGINE,
    config: json('CST_PARAMS', DeskConfig),
  },
  async open(
    { state, bus, callers, broker, traded, config, engine },
    { ports, clock, log, meter, stages, onError },
  ) {
    const authorize = authorizeOf(callers);
    const notice = (line: string) => log('WARNING', line);
    const symbols = traded.filter(({ venue }) => venue === config.venue).map(({ symbol }) => symbol);
    const isOnAccount = config.books.some(({ execution }) => execution === 'broker');
    if (isOnAccount && symbols.length === 0) {
      throw new ConfigError(
        `Expected CST_INSTRUMENTS to name what the account trades, e.g. ${config.venue}:BTCUSDT, got none of ${config.venue}.`,
      );
    }
    const account = isOnAccount
      ? {
          broker: await openBroker({ settings: broker, environment, clock, notice }),
          symbols: () => symbols,
          notice,
        }
      : undefined;
    const [store, open] = await Promise.all([ports.store(state), ports.bus(bus)]);
    const common = { store, bus: open, config, clock, meter, stages, authorize, onError };
    const measuresGraph = engine === 'dataflow';
    return {
      handler: deskHandler({ ...common, measuresGraph, ...(account && { account }) }),
      close: async () => account?.broker.close(),
    };
  },
});
