import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { Events } from '../process/events.fixture.ts';
import { type ContainerRunner, containerRunner } from './runner.fixture.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Entry {
  readonly severity: string;
  readonly message: string;
  readonly time: string;
  readonly worker?: string;
}

/** The container's process; every line it writes is to be an entry. */
function container(...flags: string[]) {
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log = new Events<Entry>();
  createInterface({ input: child.stderr }).on('line', (line) => log.add(JSON.parse(line) as Entry));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  ends.push(() => {
    child.kill('SIGTERM');
    return exited;
  });
  return { child, log, exited };
}

/** A container of real workers, all connected to their runner. */
async function running(id: string, ...siblingWorkerIds: string[]) {
  const runner = await containerRunner((url) => ({
    controlEndpoint: { url },
    loggingEndpoint: { url },
    siblingWorkerIds,
  }));
  ends.push(() => runner.close());
  const booted = container(`--id=${id}`, `--provision_endpoint=${runner.url}`);
  const count = 1 + siblingWorkerIds.length;
  const pids = new Map<string, number>();
  while (pids.size < count) {
    const { worker = '', message } = await booted.log.next();
    const pid = /^Worker started, process (\d+)/.exec(message)?.[1];
    if (pid !== undefined) pids.set(worker, Number(pid));
  }
  const connected = await connections(runner, count);
  return { runner, connected, pids, ...booted };
}

async function connections(runner: ContainerRunner, count: number) {
  const streams = [];
  for (let i = 0; i < count; i++) streams.push(await runner.controls.next());
  return streams;
}

describe('the container with its workers', () => {
  it('connects every sibling, and ends well when the runner ends their streams', async () => {
    const { connected, exited, log } = await running('a', 'b', 'c');
    expect(connected.map(({ worker }) => worker).sort()).toEqual(['a', 'b', 'c']);
    for (const { stream } of connected) stream.end();
    expect(await exited).toBe(0);
    expect(log.all.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
  });

  it('falls with a worker that is killed, so that a fresh container is started', async () => {
    const { pids, exited, log } = await running('a', 'b');
    process.kill(pids.get('b')!, 'SIGKILL');
    // 128 + 9
    expect(await exited).toBe(137);
    expect(log.all).toContainEqual(expect.objectContaining({ severity: 'ERROR', worker: 'b' }));
    expect(() => process.kill(pids.get('a')!, 0)).toThrow('ESRCH');
  });

  it('fails where the runner is gone', async () => {
    const { runner, exited } = await running('a');
    runner.close();
    expect(await exited).toBe(1);
  });

  it('ends its workers on SIGTERM', async () => {
    const { child, pids, exited } = await running('a', 'b');
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    for (const pid of pids.values()) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('leaves no worker behind when it is killed itself', async () => {
    const { child, connected } = await running('a');
    const closed = once(connected[0]!.stream, 'close');
    child.kill('SIGKILL');
    await closed;
  });
});

describe('the container without workers', () => {
  it('tells in one JSON line what is missing, and exits as for a wrong setting', async () => {
    const { exited, log } = container('--provision_endpoint=p:1');
    expect(await exited).toBe(4);
    expect(log.all).toEqual([
      {
        severity: 'ERROR',
        message: expect.stringContaining('--id'),
        time: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
  });

  it('takes SIGTERM while it waits for the runner', async () => {
    const runner = await containerRunner(() => undefined);
    ends.push(() => runner.close());
    const { child, exited } = container('--id=a', `--provision_endpoint=${runner.url}`);
    await runner.provisioned.next();
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});
