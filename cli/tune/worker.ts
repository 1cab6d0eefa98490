/** A thread that records tapes and plays trials on them, as it is told. */
import { parentPort } from 'node:worker_threads';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import type { Tape } from './tape.ts';
import type { FromWorker, ToWorker } from './threads.ts';
import { runTrial } from './trial.ts';

const port = parentPort!;
/** The newest: one takes as much memory as a month of five pairs needs. */
let loaded: { readonly group: string; readonly tape: Tape } | undefined;

port.on('message', (task: ToWorker) => {
  done(task).then(
    (answer) => port.postMessage(answer),
    (error: unknown) => port.postMessage(failed(error)),
  );
});

/** Its class does not come across. */
function failed(error: unknown): FromWorker {
  return { kind: 'failed', error: messageOf(error), isConfig: error instanceof ConfigError };
}

async function done(task: ToWorker): Promise<FromWorker> {
  const { group, path } = task;
  if (task.kind === 'record') {
    // Loaded when needed: who plays needs no graph.
    const { recordTape } = await import('./tape.ts');
    const { writeTape } = await import('./tape-file.ts');
    const tape = await recordTape(task.options);
    await writeTape(path, tape);
    loaded = { group, tape };
    return { kind: 'recorded', group };
  }
  if (loaded?.group !== group) {
    const { readTape } = await import('./tape-file.ts');
    loaded = undefined;
    loaded = { group, tape: await readTape(path) };
  }
  return { kind: 'played', index: task.index, outcome: runTrial(loaded.tape, task.trial) };
}
