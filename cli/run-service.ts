/** What `cst run` does: the graph as a service, on the bus and the engine that were named. */
import { systemClock } from '../connectors/clock/system.ts';
import { BYBIT_REST_URL } from '../connectors/exchanges/bybit/rest.ts';
import { ConfigError } from '../schemas/errors.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { numberOf, oneOf, symbolsOf } from './flags.ts';
import { logTo } from './log.ts';
import { LIVE_SYMBOLS } from './market-source.ts';
import { readParams } from './params-file.ts';
import { RUN_BUSES, RUN_RUNNERS, type RunFlags } from './run-flags.ts';
import { stopRequest } from './stop-request.ts';

/** Of Cloud Run and the emulator; a flag wins. */
const { GOOGLE_CLOUD_PROJECT, PUBSUB_EMULATOR_HOST } = process.env;

export async function runService(flags: RunFlags): Promise<void> {
  const bus = oneOf(flags.bus, RUN_BUSES, '--bus');
  const runner = oneOf(flags.runner, RUN_RUNNERS, '--runner');
  if (runner === 'flink')
    throw new ConfigError('Expected --runner embedded, got flink, which cannot run live yet.');
  if (bus === 'embedded') return runEmbedded(flags);
  await runOnPubSub(flags);
}

async function runEmbedded(flags: RunFlags): Promise<void> {
  for (const name of ['project', 'healthPort', 'create', 'restUrl'] as const) {
    if (flags[name] === undefined) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ConfigError(`Expected --${flag} with --bus pubsub, got --bus embedded.`);
  }
  const { runStart } = await import('./run-start.ts');
  const { symbols, params, dir = '.cst' } = flags;
  await runStart({
    ...{ live: true, speed: '1', seed: '1', dir },
    ...(symbols === undefined ? {} : { symbols }),
    ...(params === undefined ? {} : { params }),
  });
}

async function runOnPubSub(flags: RunFlags): Promise<void> {
  const project = flags.project ?? GOOGLE_CLOUD_PROJECT;
  if (!project?.trim()) {
    throw new ConfigError('Expected --project with --bus pubsub, or GOOGLE_CLOUD_PROJECT, got neither.');
  }
  const options = {
    project,
    endpoint: PUBSUB_EMULATOR_HOST || undefined,
    create: flags.create ?? Boolean(PUBSUB_EMULATOR_HOST),
    symbols: symbolsOf(flags.symbols) ?? LIVE_SYMBOLS,
    params: flags.params === undefined ? DEFAULT_PARAMS : readParams(flags.params),
    dir: flags.dir,
    restUrl: flags.restUrl ?? BYBIT_REST_URL,
    health: healthOf(flags.healthPort),
    clock: systemClock,
    log: logTo(process.stderr, systemClock),
  };
  const stopping = stopRequest();
  try {
    const { runNode } = await import('./run-node.ts');
    await runNode({ ...options, stopAsked: stopping.asked });
  } finally {
    stopping.done();
  }
}

/** Open to others only where a port was asked for. */
function healthOf(port: string | undefined): { readonly port: number; readonly host: string } {
  if (port === undefined) return { port: 0, host: '127.0.0.1' };
  return { port: numberOf(port, '--health-port', 0, 65_535), host: '0.0.0.0' };
}
