/** A process with a pool of one worker: tests kill it and see the worker end. Arguments: port the worker connects to. */
import { join } from 'node:path';
import { nodeCommand } from '../process/worker-process.ts';
import { poolClient } from './client.fixture.ts';
import { startWorkerPool } from './pool.ts';

const [port = ''] = process.argv.slice(2);
const command = [...nodeCommand(join(import.meta.dirname, 'worker.fixture.ts')), port];
const pool = await startWorkerPool({ command, log: () => undefined });
const client = poolClient(pool.url);
await client.start({ workerId: 'w', controlEndpoint: 'localhost:1' });
