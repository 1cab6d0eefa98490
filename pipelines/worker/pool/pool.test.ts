import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import { ConfigError } from '../../../schemas/errors.ts';
import { Events } from '../process/events.fixture.ts';
import type { LogEntry } from '../process/log.ts';
import { nodeCommand, type WorkerExit } from '../process/worker-process.ts';
import { poolClient } from './client.fixture.ts';
import { startWorkerPool, type WorkerPool, type WorkerPoolOptions } from './pool.ts';

const fixture = (name: string) => join(import.meta.dirname, `${name}.fixture.ts`);
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openPool(options: Partial<WorkerPoolOptions> = {}) {
  const exits = new Events<WorkerExit>();
  const lines = new Events<string>();
  const log: LogEntry[] = [];
  const pool = await startWorkerPool({
    command: nodeCommand(fixture('worker')),
    log: (entry) => log.push(entry),
    onExit: exits.add,
    onLine: (worker, line) => lines.add(`${worker}: ${line}`),
    ...options,
  });
  const client = poolClient(pool.url);
  ends.push(
    () => pool.close(),
    () => client.close(),
  );
  return { pool, client, exits, lines, log };
}
const ids = (pool: WorkerPool) => pool.workers().map(({ id }) => id);
const start = (workerId: string, controlEndpoint = 'localhost:1') => ({ workerId, controlEndpoint });

describe('starting', () => {
  it('runs a worker as a process of its own, with the flags of the container contract', async () => {
    const { pool, client, lines } = await openPool();
    const error = await client.start({ ...start('w'), loggingEndpoint: 'localhost:2' });
    expect(error).toBe('');
    expect(await lines.next()).toBe(
      'w: ready --id=w --control_endpoint=localhost:1 --logging_endpoint=localhost:2',
    );
    expect(pool.workers()).toEqual([{ id: 'w', pid: expect.any(Number) }]);
    expect(pool.workers()[0]!.pid).not.toBe(process.pid);
  });

  it('keeps the worker when the same request comes again', async () => {
    const { pool, client, lines } = await openPool();
    await client.start(start('w'));
    await lines.next();
    const before = pool.workers();
    expect(await client.start(start('w'))).toBe('');
    expect(pool.workers()).toEqual(before);
  });

  it('replaces the worker when its id is asked for with another endpoint', async () => {
    const { pool, client, lines, exits } = await openPool();
    await client.start(start('w'));
    await lines.next();
    const [first] = pool.workers();
    await client.start(start('w', 'localhost:9'));
    expect(await exits.next()).toEqual({ ...first, code: null, signal: 'SIGTERM', isAsked: true });
    expect(await lines.next()).toBe('w: ready --id=w --control_endpoint=localhost:9');
    expect(ids(pool)).toEqual(['w']);
  });

  it('reports a worker that dies at once, and starts a new one when asked again', async () => {
    const { pool, client, exits, lines, log } = await openPool();
    await client.start(start('failing'));
    const first = await exits.next();
    expect(first).toMatchObject({ id: 'failing', code: 3, signal: null, isAsked: false });
    expect(lines.all).toContain('failing: cannot go on');
    expect(log.at(-1)).toMatchObject({ severity: 'ERROR', worker: 'failing' });
    expect(ids(pool)).toEqual([]);
    await client.start(start('failing'));
    expect((await exits.next()).pid).not.toBe(first.pid);
  });

  it('holds many workers', async () => {
    const { pool, client, lines } = await openPool();
    const many = Array.from({ length: 12 }, (_, i) => `w${i}`);
    expect(await Promise.all(many.map((id) => client.start(start(id))))).toEqual(many.map(() => ''));
    for (const _ of many) await lines.next();
    expect(ids(pool).sort()).toEqual(many.toSorted());
    expect(new Set(pool.workers().map(({ pid }) => pid)).size).toBe(12);
  });

  it.each([
    ['no id', { workerId: '', controlEndpoint: 'localhost:1' }, 'worker id'],
    ['no control endpoint', { workerId: 'w' }, 'control endpoint'],
  ])('answers a request with %s by an error', async (_, request, problem) => {
    const { client } = await openPool();
    expect(await client.start(request)).toContain(problem);
  });

  it('answers by an error where the program is not there', async () => {
    const { pool, client } = await openPool({ command: ['/no/such/program'] });
    expect(await client.start(start('w'))).toContain('/no/such/program');
    expect(ids(pool)).toEqual([]);
  });
});

describe('ending', () => {
  it('ends a worker, and answers when it is gone', async () => {
    const { pool, client, lines, exits } = await openPool();
    await client.start(start('w'));
    await lines.next();
    expect(await client.stop('w')).toBe('');
    expect(exits.all).toMatchObject([{ signal: 'SIGTERM', isAsked: true }]);
    expect(ids(pool)).toEqual([]);
  });

  it('takes the end of a worker it does not know for done', async () => {
    const { client } = await openPool();
    expect(await client.stop('unknown')).toBe('');
  });

  it('kills a worker that stays after the grace period', async () => {
    const clock = new ManualClock();
    const { client, lines, exits } = await openPool({ clock, graceMs: 1_000 });
    await client.start(start('stubborn'));
    await lines.next();
    const stopped = client.stop('stubborn');
    expect(await lines.next()).toBe('stubborn: stays');
    await clock.advanceTo(999);
    expect(exits.all).toEqual([]);
    await clock.advanceTo(1_000);
    await stopped;
    expect(exits.all).toMatchObject([{ signal: 'SIGKILL', isAsked: true }]);
  });

  it('ends all workers with the pool, and starts no more', async () => {
    const { pool, client, lines, exits } = await openPool();
    for (const id of ['a', 'b', 'c']) await client.start(start(id));
    for (let i = 0; i < 3; i++) await lines.next();
    await Promise.all([pool.close(), pool.close()]);
    expect(exits.all.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
    await expect(client.start(start('d'))).rejects.toThrow();
  });

  it('leaves no worker behind when the process of the pool is killed', async () => {
    const server = createServer();
    ends.push(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    const holder = spawn(process.execPath, [fixture('holder'), String(port)], { stdio: 'inherit' });
    const [connection] = (await once(server, 'connection')) as [Socket];
    connection.on('error', () => undefined).resume();
    holder.kill('SIGKILL');
    // The worker's connection closes when its process is gone.
    await once(connection, 'close');
  });
});

describe('address', () => {
  it.each(['0.0.0.0', '::', '192.168.1.1', 'example.org'])('refuses %s unless allowed', async (bind) => {
    const starting = startWorkerPool({ bind, log: () => undefined });
    await expect(starting).rejects.toThrow(ConfigError);
  });

  it('tells when the port is taken', async () => {
    const { pool } = await openPool();
    const port = Number(pool.url.split(':').at(-1));
    await expect(startWorkerPool({ port, log: () => undefined })).rejects.toThrow(`127.0.0.1:${port}`);
  });
});

it('serves from the command line until SIGTERM', async () => {
  const main = join(import.meta.dirname, 'main.ts');
  const sidecar = spawn(process.execPath, [main, '--port', '0'], { stdio: ['ignore', 'inherit', 'pipe'] });
  const [line] = (await once(createInterface({ input: sidecar.stderr }), 'line')) as [string];
  const { message } = JSON.parse(line) as LogEntry;
  expect(message).toMatch(/listens on 127\.0\.0\.1:\d+\.$/);
  sidecar.kill('SIGTERM');
  expect(await once(sidecar, 'exit')).toEqual([0, null]);
});
