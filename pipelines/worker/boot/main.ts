/**
 * Entry point of the worker's image, for Dataflow and for Flink and Prism with DOCKER environments:
 * `ENTRYPOINT ["node", "/app/pipelines/worker/boot/main.ts"]` (Node 24, which runs the sources as they are); the
 * runner appends the flags. Needs in /app: package.json, node_modules of production, and pipelines/ transforms/
 * connectors/ schemas/. No artifacts are staged and none accepted. Works as process 1: it takes SIGTERM and waits for
 * its children; who lets others start processes in the container adds an init (`docker run --init`, tini).
 */
import { totalmem } from 'node:os';
import { systemClock } from '../../../connectors/clock/system.ts';
import { ConfigError, messageOf } from '../../../schemas/errors.ts';
import { jsonLog, relayLine } from '../process/log.ts';
import { WORKER_SCRIPT } from '../process/worker-process.ts';
import { boot } from './boot.ts';

const write = (line: string) => void process.stderr.write(line);
const log = jsonLog(systemClock, write);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    log({ severity: 'INFO', message: `${signal}: ending the workers.` });
    stop.abort();
  });
}

try {
  process.exitCode = await boot(process.argv.slice(2), {
    clock: systemClock,
    log,
    memory: { limitBytes: process.constrainedMemory(), totalBytes: totalmem() },
    script: WORKER_SCRIPT,
    onLine: (worker, line) => relayLine(log, write, worker, line),
    stopAsked: stop.signal,
  });
} catch (thrown) {
  log({ severity: 'ERROR', message: messageOf(thrown) });
  process.exitCode = thrown instanceof ConfigError ? thrown.exitCode : 1;
}
