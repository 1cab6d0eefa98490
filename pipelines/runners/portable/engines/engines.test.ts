import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../connectors/clock/system.ts';
import type { Environment } from '../../../../connectors/environment.ts';
import { engineFolder } from './catalog.ts';
import { installEngine } from './install.ts';
import { startEngine } from './start.ts';

/** Scripts that stand for programs of other languages. */
const folder = mkdtempSync(join(tmpdir(), 'engines-'));
const PATH = `${folder}:/usr/bin:/bin`;

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

const newEnv = (): Environment & { CST_ENGINES: string } => ({
  PATH,
  CST_ENGINES: mkdtempSync(join(folder, 'home-')),
});

describe('installEngine', () => {
  it('puts the whole engine in place, once', async () => {
    const calls = join(folder, 'calls');
    script('go', `[ "$1" = version ] || { echo "$@" >> ${calls}; echo program > "$GOBIN/prism"; }`);
    const env = newEnv();
    const both = await Promise.all([installEngine('prism', { env }), installEngine('prism', { env })]);
    const again = await installEngine('prism', { env });
    expect(new Set([...both, again].map(({ path }) => path))).toEqual(
      new Set([join(engineFolder('prism', env), 'prism')]),
    );
    expect(readFileSync(calls, 'utf8').trim().split('\n')).toEqual(
      Array(2).fill('install github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0'),
    );
    expect(readdirSync(env.CST_ENGINES)).toEqual(['prism-2.77.0']);
  });

  it('leaves nothing behind where the tool fails, and repeats what it said', async () => {
    script('mvn', '[ "$1" = --version ] || { echo "no route to host"; exit 1; }');
    script('java', 'echo \'openjdk version "17.0.1"\' >&2');
    const env = newEnv();
    const lines: string[] = [];
    const installing = installEngine('flink', { env, onLine: (line) => lines.push(line) });
    await expect(installing).rejects.toThrow(/mvn ended with 1 and said:\n {2}no route to host/);
    expect(lines).toEqual(['no route to host']);
    expect(readdirSync(env.CST_ENGINES)).toEqual([]);
  });

  it('says which tool to install', async () => {
    const env = { ...newEnv(), PATH: '/nowhere' };
    await expect(installEngine('prism', { env })).rejects.toThrow(
      /Expected go on the PATH.*Install Go 1\.26/,
    );
  });

  it.skipIf(!existsSync('/proc/self'))('says where it cannot write', async () => {
    script('go', 'exit 0');
    const env = { PATH, CST_ENGINES: '/proc/engines' };
    await expect(installEngine('prism', { env })).rejects.toThrow(
      /Cannot write to \/proc\/engines: .*Set CST_ENGINES/,
    );
  });

  it('refuses an old Java', async () => {
    script('mvn', 'exit 0');
    script('java', 'echo \'java version "1.8.0_292"\' >&2');
    await expect(installEngine('flink', { env: newEnv() })).rejects.toThrow(
      /Expected Java 11 or newer, got 8/,
    );
  });
});

describe('startEngine', () => {
  it('repeats what an engine said that does not come up', async () => {
    const CST_PRISM = script('dying', 'echo "address in use" >&2; exit 3');
    await expect(startEngine('prism', { env: { PATH, CST_PRISM }, clock: systemClock })).rejects.toThrow(
      /prism ended by itself \(exit code 3\)\. The last it said:\n {2}address in use\nIf .*dying is damaged/,
    );
  });

  it('says so where an engine that does not come up said nothing', async () => {
    const CST_PRISM = script('silent', 'exit 0');
    await expect(startEngine('prism', { env: { PATH, CST_PRISM }, clock: systemClock })).rejects.toThrow(
      /ended by itself \(exit code 0\)\. It said nothing\.\nIf .*silent is damaged/,
    );
  });

  it('says that Flink needs Java', async () => {
    const CST_FLINK_LIB = join(folder, 'jars');
    mkdirSync(CST_FLINK_LIB);
    writeFileSync(join(CST_FLINK_LIB, 'beam-runners-flink-1.19-2.62.0.jar'), '');
    const starting = startEngine('flink', { env: { PATH: '/nowhere', CST_FLINK_LIB }, clock: systemClock });
    await expect(starting).rejects.toThrow(/Expected java on the PATH/);
  });

  it('ends the engine and its files when its parent is killed', async () => {
    const files = mkdtempSync(join(folder, 'files-'));
    writeFileSync(join(files, 'results'), 'of whoever uses the engine');
    const engine = script('idle', 'echo "$$"; exec sleep 600');
    const keeper = resolve(import.meta.dirname, 'keeper.ts');
    const parent = spawn(process.execPath, ['-e', PARENT, keeper, files, engine], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = await once(parent.stdout.setEncoding('utf8'), 'data');
    expect(isAlive(Number(pid))).toBe(true);
    // The keeper holds the other end of this pipe until it is done.
    const over = once(parent.stdout, 'close');
    parent.kill('SIGKILL');
    await over;
    expect([isAlive(Number(pid)), existsSync(files)]).toEqual([false, false]);
  });
});

/** Starts a keeper as `startEngine` does, and waits. */
const PARENT = `
  const stdio = ['pipe', 'inherit', 'inherit'];
  require('node:child_process').spawn(process.execPath, process.argv.slice(1), { stdio, detached: true });
  setInterval(() => undefined, 1_000);
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
