/** `cst start` as a child process, with its dashboard. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { nodeCommand } from '../../pipelines/worker/process/worker-process.ts';

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');

export interface Stack {
  readonly child: ChildProcess;
  /** Of the dashboard, with a slash at its end. */
  readonly url: string;
  readonly ended: Promise<void>;
  /** As Ctrl-C does. */
  stop(): Promise<void>;
}

/** Resolves once the dashboard can be opened; rejects with what it said where it ends before. */
export function startStack(
  words: readonly string[] = [],
  nodeOptions: readonly string[] = [],
): Promise<Stack> {
  const dir = mkdtempSync(join(tmpdir(), 'dashboard-'));
  const [program = '', ...script] = nodeCommand(MAIN, nodeOptions);
  const child = spawn(program, [...script, 'start', '--dir', dir, '--json', ...words], {
    // Its first pipe is its lifeline: it ends with the test, however that ends.
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  return new Promise((started, failed) => {
    let said = '';
    child.stderr.on('data', (bytes) => {
      said += bytes;
      const url = /Dashboard: (http:\S+)/.exec(said)?.[1];
      if (url !== undefined) started({ child, url, ended, stop });
      said = said.slice(-10_000);
    });
    void ended.then(() => failed(new Error(`It ended before there was a dashboard: ${said}`)));
  });
}
