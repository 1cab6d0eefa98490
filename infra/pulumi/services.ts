/**
 * The one list of what runs. Accounts, rights, push subscriptions, timers and services derive from it. Pure: what is known
 * only once something is made (addresses, accounts) is added by environment.ts.
 */
import { GRAPH_INPUTS, subscriptionSettings } from '../../schemas/subscriptions.ts';
import type { Config } from './config.ts';
import { functionsOf } from './function-services.ts';
import { GRAPH } from './names.ts';
import { jsonIn, QUIET, type Service } from './service.ts';

type Relay = Config['relays'][number];

const ONE = { min: 1, max: 1 } as const;
const DEADMAN = { CST_DEADMAN_URL: 'deadman-url' } as const;
const GRAPH_OUTPUTS = [
  'market-candles',
  'market-levels',
  'market-features',
  'trade-signals-micro',
  'dead-letters',
] as const;

export function servicesOf(config: Config): readonly Service[] {
  return [...config.relays.map((relay) => relayOf(relay, config)), graphOf(config), ...functionsOf(config)];
}

function relayOf(relay: Relay, { project }: Config): Service {
  const { venue, region } = relay;
  const lease = `relay/${venue}`;
  return {
    ...QUIET,
    name: `relay-${venue}`,
    about: `Trades, books and funding of ${venue}`,
    image: 'relay',
    region,
    isPair: true,
    lease,
    isAlwaysOn: true,
    instances: ONE,
    cpu: '1',
    memory: '1Gi',
    args: [
      ...['--venue', venue, ...streamsOf(relay), '--bus', 'pubsub', '--copies', '2', '--health-port', '8080'],
      ...['--lease', `gs://${bucketName(project)}/${lease}`],
    ],
    publishes: ['raw-tick-data', 'book-snapshots', 'feed-events', 'dead-letters'],
  };
}

/** What the relays of a venue follow, as their flags and those of the graph say it. */
function streamsOf({ symbols, universe }: Relay): string[] {
  return symbols.length > 0 ? ['--symbols', symbols.join(',')] : ['--universe', String(universe)];
}

/** The graph, in either tier with the same account, so that the same may do the same. */
function graphOf({ tier, region, relays, graphParams, deadman }: Config): Service {
  // It is warmed with what it will read; on one node that is Bybit's.
  const warmed = relays.filter(({ venue }) => venue === 'bybit').flatMap(streamsOf);
  return {
    ...QUIET,
    name: GRAPH,
    about: 'Candles, levels and scalp signals from trades',
    image: tier === 'single-node' ? 'node' : 'worker',
    region,
    isAlwaysOn: true,
    // Two would share the messages, and neither would see a whole minute.
    instances: ONE,
    cpu: '2',
    memory: '4Gi',
    args: tier === 'single-node' ? ['--bus', 'pubsub', ...warmed, '--health-port', '8080'] : [],
    env: jsonIn('CST_PARAMS', graphParams),
    secrets: deadman ? DEADMAN : {},
    pulls: GRAPH_INPUTS.map((topic) => subscriptionSettings(topic, 'graph')),
    publishes: GRAPH_OUTPUTS,
  };
}

/** Holds the relays' leases, and what Dataflow writes for a while. */
export function bucketName(project: string): string {
  return `${project.replace(/^.*:/, '')}-cst`;
}
