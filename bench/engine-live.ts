/** What `cst run --runner flink` does, with more connections than it opens by itself. Its options come as JSON. */
import { pathToFileURL } from 'node:url';
import { systemClock } from '../connectors/clock/system.ts';
import { startEngine } from '../pipelines/runners/portable/engines/start.ts';
import { startLiveJob } from '../pipelines/runners/portable/live/live-job.ts';
import { startWorkerPool } from '../pipelines/worker/pool/pool.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { VENUE, warmFrom } from './engine-input.ts';

const { project, endpoint, symbols, restUrl, dir } = JSON.parse(process.argv[2]!);
const stopAsked = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
const pool = await startWorkerPool({ log: () => undefined, onLine: (_, line) => console.error(line) });
const engine = await startEngine('flink', { env: process.env, clock: systemClock });
try {
  const job = await startLiveJob({
    project,
    endpoint,
    symbols,
    create: 'missing',
    venue: VENUE,
    params: DEFAULT_PARAMS,
    jobName: 'bench',
    jobEndpoint: engine.jobEndpoint,
    workers: { pool: pool.url },
    flink: { checkpoints: pathToFileURL(dir).href, checkpointEveryMs: 2_000, parallelism: 1 },
    warm: await warmFrom(restUrl),
    leaseMs: 10_000,
    patienceMs: 3_000,
    pullStreams: 24,
  });
  const ended = job.done.then((how) => Promise.reject(new Error(`The job is ${how}.`)));
  await Promise.race([ended, stopAsked]);
  ended.catch(() => undefined);
  await job.cancel();
} finally {
  await engine.close();
  await pool.close();
}
process.exit(0);
