/** What `cst run` does: the graph as a service, on the bus and the engine that were named. */
import { join } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import { venueAdapter } from '../connectors/exchanges/adapters.ts';
import { noticesOf } from '../connectors/log-line.ts';
import type { LiveWorkers } from '../pipelines/runners/portable/live/live-job.ts';
import { ConfigError } from '../schemas/errors.ts';
import { settingsFor } from './config/files.ts';
import { deadManUrlOf } from './dead-man.ts';
import { statusAddressOf } from './flags.ts';
import { keepHeapSmall } from './lean-heap.ts';
import { LiveUniverse } from './live-universe.ts';
import { type Log, logTo } from './log.ts';
import { LIVE_SYMBOLS } from './market-source.ts';
import { VENUE } from './pubsub-run.ts';
import { FLINK_FLAGS, type RunFlags, STACK_FLAGS } from './run-flags.ts';
import { untilStopRequest } from './stop-request.ts';
import { universeOptionsOf } from './universe-flag.ts';

/** Of Cloud Run and the emulator; a flag wins. */
const { GOOGLE_CLOUD_PROJECT, PUBSUB_EMULATOR_HOST } = process.env;

export async function runService(flags: RunFlags): Promise<void> {
  const { bus, runner } = flags;
  if (bus === 'pubsub') refuse(flags, STACK_FLAGS, '--bus embedded', '--bus pubsub');
  if (runner === 'flink') {
    if (bus === 'pubsub') return runFlink(flags);
    throw new ConfigError('Expected --bus pubsub with --runner flink, got --bus embedded.');
  }
  refuse(flags, FLINK_FLAGS, '--runner flink');
  if (bus === 'embedded') return runEmbedded(flags);
  await runOnPubSub(flags);
}

async function runEmbedded(flags: RunFlags): Promise<void> {
  refuse(flags, ['project', 'healthPort', 'create', 'restUrl', 'universe'], '--bus pubsub', '--bus embedded');
  const { runStart } = await import('./run-start.ts');
  // What is left of the flags means the same there.
  await runStart({ ...flags, live: true, speed: 1, seed: 1, dir: flags.dir ?? '.cst' });
}

async function runOnPubSub(flags: RunFlags): Promise<void> {
  keepHeapSmall();
  const options = {
    ...(await pubSubOf(flags)),
    dir: flags.dir,
    health: statusAddressOf(flags.healthPort),
    deadManUrl: deadManUrlOf(process.env),
    environment: process.env,
  };
  await untilStopRequest(async (stopAsked) => {
    const { runNode } = await import('./run-node.ts');
    await runNode({ ...options, stopAsked });
  });
}

async function runFlink(flags: RunFlags): Promise<void> {
  refuse(flags, ['healthPort'], '--runner embedded', '--runner flink');
  const {
    dir = '.cst',
    checkpoints = join(dir, 'checkpoints'),
    checkpointEvery = 10,
    parallelism = 1,
  } = flags;
  const options = {
    ...(await pubSubOf(flags)),
    master: flags.flinkMaster,
    restore: flags.restore,
    workers: workersOf(flags),
    checkpoints,
    checkpointEveryMs: 1_000 * checkpointEvery,
    parallelism,
    env: process.env,
  };
  await untilStopRequest(async (stopAsked) => {
    const { runOnFlink } = await import('./run-flink.ts');
    await runOnFlink({ ...options, stopAsked });
  });
}

/** A cluster cannot reach what runs on this machine. */
function workersOf({ flinkMaster, workerPool, workerImage, restore }: RunFlags): LiveWorkers | undefined {
  if (workerPool !== undefined && workerImage !== undefined) {
    throw new ConfigError('Expected --worker-pool or --worker-image, got both.');
  }
  if (restore !== undefined && flinkMaster === undefined) {
    throw new ConfigError('Expected --flink-master with --restore: only a cluster begins with a checkpoint.');
  }
  if (workerPool !== undefined) return { pool: workerPool };
  if (workerImage !== undefined) return { image: workerImage };
  if (flinkMaster === undefined) return undefined;
  throw new ConfigError('Expected --worker-pool or --worker-image with --flink-master, got neither.');
}

async function pubSubOf(flags: RunFlags) {
  const project = flags.project ?? GOOGLE_CLOUD_PROJECT;
  if (!project?.trim()) {
    throw new ConfigError('Expected --project with --bus pubsub, or GOOGLE_CLOUD_PROJECT, got neither.');
  }
  const common = {
    project,
    endpoint: PUBSUB_EMULATOR_HOST || undefined,
    create: flags.create ?? Boolean(PUBSUB_EMULATOR_HOST),
    params: settingsFor(flags).values.signals,
    restUrl: flags.restUrl ?? venueAdapter(VENUE).restUrl,
    clock: systemClock,
    log: logTo(process.stderr, systemClock),
  };
  return { ...common, symbols: await symbolsToWarm(flags, common) };
}

/** @throws ConfigError */
async function symbolsToWarm(
  { symbols, universe }: RunFlags,
  { restUrl, log }: { readonly restUrl: string; readonly log: Log },
): Promise<readonly string[]> {
  if (symbols && universe !== undefined) throw new ConfigError('Expected --symbols or --universe, got both.');
  if (universe === undefined) return symbols ?? LIVE_SYMBOLS;
  const rest = venueAdapter(VENUE).rest({ baseUrl: restUrl, clock: systemClock });
  const notice = noticesOf(log);
  const options = {
    rest,
    options: universeOptionsOf(universe),
    clock: systemClock,
    fallback: LIVE_SYMBOLS,
    notice,
  };
  return (await LiveUniverse.open(options)).symbols;
}

/** Flags that mean nothing here. */
function refuse(flags: RunFlags, names: readonly (keyof RunFlags)[], wanted: string, got?: string): void {
  for (const name of names) {
    if (flags[name] === undefined) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new ConfigError(`Expected --${flag} with ${wanted}, got ${got ?? 'none'}.`);
  }
}
