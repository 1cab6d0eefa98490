/**
 * `node keeper.ts FOLDER COMMAND ARGS…`: runs an engine for as long as whoever started this holds its stdin open, so
 * that not even a kill -9 of the parent leaves an engine behind; then removes the engine's folder.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [folder = '', command = '', ...args] = process.argv.slice(2);
const engine = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

const end = (code: number) => {
  // Workers may write into it until they, too, notice that the parent is gone.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  process.exit(code);
};

engine.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  end(1);
});
engine.once('exit', (code) => end(code ?? 1));

// An engine keeps nothing that it would have to write down first.
const stop = () => engine.kill('SIGKILL');
process.stdin.once('end', stop).once('error', stop).resume();
// Ctrl-C is for the parent to answer; it closes our stdin when it has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
