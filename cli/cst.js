#!/usr/bin/env node
/** Starts the command line with the Node that the project is pinned to, whatever Node started this. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const needed = require('../package.json').dependencies.node;
const majorOf = (version) => Number(version.split('.')[0]);
const main = join(dirname(fileURLToPath(import.meta.url)), 'main.ts');

if (majorOf(process.versions.node) >= majorOf(needed)) {
  await import('./main.ts');
} else {
  const pinned = pinnedNode();
  if (pinned === undefined) {
    process.stderr.write(
      `Error: Expected Node ${needed} or newer, got ${process.versions.node}. Run npm ci. (code 4)\n`,
    );
    process.exit(4);
  }
  const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // A terminal tells the child as well; told twice, it would end without draining.
  process.on('SIGINT', () => {});
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
}

/** Path of the `node` package's binary, or undefined where it is not installed. */
function pinnedNode() {
  try {
    const folder = dirname(require.resolve('node/package.json'));
    const name = process.platform === 'win32' ? 'node.exe' : 'node';
    return [join(folder, 'bin', name), join(folder, name)].find((path) => existsSync(path));
  } catch {
    return undefined;
  }
}
