/**
 * The worker pool as a sidecar: `node pipelines/worker/pool/main.ts --port 50000 [--bind 0.0.0.0]`. In a pod of Flink
 * TaskManagers loopback is enough: the environment is EXTERNAL with `localhost:50000`. Ends its workers on SIGTERM.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { systemClock } from '../../../connectors/clock/system.ts';
import { ConfigError, messageOf } from '../../../schemas/errors.ts';
import { jsonLog, relayLine } from '../process/log.ts';
import { startWorkerPool } from './pool.ts';

const write = (line: string) => void process.stderr.write(line);
const log = jsonLog(systemClock, write);

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());

const USAGE = 'Usage: node pipelines/worker/pool/main.ts [--port 50000] [--bind ADDRESS].';

function settingsOf(args: string[]): { readonly port: number; readonly bind: string | undefined } {
  const { port: text, bind } = parsed(args);
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return { port, bind };
  throw new ConfigError(`Expected a port from 0 to 65535, got ${text}. ${USAGE}`);
}

function parsed(args: string[]): { readonly port: string; readonly bind?: string | undefined } {
  const options = { port: { type: 'string', default: '50000' }, bind: { type: 'string' } } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (cause) {
    throw new ConfigError(`${messageOf(cause)}. ${USAGE}`, { cause });
  }
}

try {
  const { port, bind } = settingsOf(process.argv.slice(2));
  const pool = await startWorkerPool({
    log,
    onLine: (worker, line) => relayLine(log, write, worker, line),
    port,
    // An address on the command line is the operator's own word.
    ...(bind !== undefined && { bind, mayBindBeyondLoopback: true }),
  });
  log({ severity: 'INFO', message: `Worker pool listens on ${pool.url}.` });
  if (!stop.signal.aborted) await once(stop.signal, 'abort');
  await pool.close();
} catch (thrown) {
  log({ severity: 'ERROR', message: messageOf(thrown) });
  process.exitCode = thrown instanceof ConfigError ? thrown.exitCode : 1;
}
