import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import { ManualClock } from '../clock/manual.ts';
import { SqliteFile } from '../sqlite-file.ts';
import { CloudTasksServer, textOf } from './cloud-tasks.fixture.ts';
import { cloudTasks } from './cloud-tasks.ts';
import { testTaskQueueContract } from './contract.ts';
import { openEmbeddedTasks, type TaskFailure } from './embedded.ts';
import type { TaskHandler } from './port.ts';

const START = Date.UTC(2024, 2, 1);
const newPath = () => join(mkdtempSync(join(tmpdir(), 'cst-tasks-')), 'tasks.sqlite');

testTaskQueueContract('embedded', async () => {
  const path = newPath();
  const clock = new ManualClock(START);
  let queue = openEmbeddedTasks({ path, clock });
  return {
    queue,
    clock,
    handle: (name, handler) => queue.work(name, handler),
    async reopen() {
      queue = openEmbeddedTasks({ path, clock });
      return queue;
    },
    dispose: () => queue.close(),
  };
});

testTaskQueueContract('Cloud Tasks', async () => {
  const clock = new ManualClock(START);
  const server = await new CloudTasksServer(clock).start();
  const handlers = new Map<string, TaskHandler>();
  const target = createServer(async (request, response) => {
    const [name = '', retries] = ['taskname', 'taskretrycount'].map((header) => {
      return String(request.headers[`x-cloudtasks-${header}`]);
    });
    const handler = handlers.get((request.url ?? '').slice(1));
    const body = await textOf(request);
    const done =
      handler?.({ name, body, attempt: Number(retries) + 1 }) ?? Promise.reject(new Error('nobody'));
    await done.then(
      () => response.writeHead(204).end(),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  const targets = { charts: `${base}/charts`, others: `${base}/others` };
  const open = () => cloudTasks({ project: 'p', location: 'l', targets, signer: null, endpoint: server.url });
  // A task that nobody handled yet comes again by and by.
  const ticking = setInterval(() => void (handlers.size > 0 && clock.advanceTo(clock.now() + 1)), 1);
  return {
    queue: open(),
    clock,
    handle: (name, handler) => void handlers.set(name, handler),
    reopen: async () => open(),
    async dispose() {
      clearInterval(ticking);
      await server.stop();
      target.closeAllConnections();
      target.close();
    },
  };
});

describe('cloudTasks', () => {
  const options = { project: 'p', location: 'l', targets: { charts: 'https://charts.example' } };
  const task = { queue: 'charts', name: 'a', body: '{}' };

  it('has its requests signed for the function they go to', async () => {
    const server = await new CloudTasksServer(new ManualClock(START)).start();
    const queue = cloudTasks({ ...options, signer: 'caller@p', endpoint: server.url });
    await queue.add({ ...task, notBeforeMs: START + 1_000 });
    await server.stop();
    expect(server.requests).toMatchObject([
      {
        task: {
          name: 'projects/p/locations/l/queues/charts/tasks/a',
          scheduleTime: '2024-03-01T00:00:01.000Z',
          httpRequest: {
            url: 'https://charts.example',
            body: 'e30=',
            oidcToken: { serviceAccountEmail: 'caller@p', audience: 'https://charts.example' },
          },
        },
      },
    ]);
  });

  it('tells what may pass from what a person must change', async () => {
    const server = await new CloudTasksServer(new ManualClock(START)).start();
    const queue = cloudTasks({ ...options, signer: null, endpoint: server.url });
    for (const [status, kind] of [
      [503, UpstreamError],
      [429, UpstreamError],
      [403, ConfigError],
    ] as const) {
      server.failWith = status;
      await expect(queue.add(task)).rejects.toThrow(kind);
    }
    await expect(queue.add({ ...task, queue: 'unknown' })).rejects.toThrow('targets');
    const { url } = server;
    await server.stop();
    await expect(cloudTasks({ ...options, signer: null, endpoint: url }).add(task)).rejects.toThrow(
      'Expected Cloud Tasks at',
    );
  });
});

describe('openEmbeddedTasks', () => {
  it('gives a task up after its last attempt, and says so', async () => {
    const clock = new ManualClock(START);
    const failures: TaskFailure[] = [];
    const backoff = { firstMs: 10, maxMs: 40 };
    const onFailure = (failure: TaskFailure) => void failures.push(failure);
    const queue = openEmbeddedTasks({ path: ':memory:', clock, backoff, maxAttempts: 3, onFailure });
    queue.work('charts', () => Promise.reject(new Error('no font')));
    await queue.add({ queue: 'charts', name: 'a', body: '{}' });
    while (failures.length < 3) {
      await clock.advanceTo(clock.now() + 10);
      await new Promise(setImmediate);
    }
    expect(queue.count('charts')).toEqual({ waiting: 0, givenUp: 1 });
    expect(failures.at(-1)).toEqual({
      queue: 'charts',
      name: 'a',
      attempt: 3,
      isGivenUp: true,
      reason: 'no font',
    });
    await queue.close();
  });

  it('goes on once the disk has room again', async () => {
    const clock = new ManualClock(START);
    const failures: TaskFailure[] = [];
    const handled: string[] = [];
    const onFailure = (failure: TaskFailure) => void failures.push(failure);
    const queue = openEmbeddedTasks({ path: ':memory:', clock, onFailure });
    await queue.add({ queue: 'charts', name: 'a', body: '{}' });
    const disk = vi.spyOn(SqliteFile.prototype, 'run').mockImplementation(() => {
      throw new UpstreamError('full');
    });
    queue.work('charts', async ({ name }) => void handled.push(name));
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    expect(failures).toMatchObject([{ queue: 'charts', name: '*', attempt: 1, reason: 'full' }]);
    disk.mockRestore();
    await clock.advanceTo(START + 1_000);
    await vi.waitFor(() => expect(queue.count('charts').waiting).toBe(0));
    // What was not settled is handled again.
    expect(handled).toEqual(['a', 'a']);
    await queue.close();
  });

  it('forgets names of tasks that are over after a day', async () => {
    const clock = new ManualClock(START);
    const queue = openEmbeddedTasks({ path: ':memory:', clock });
    const task = { queue: 'charts', name: 'a', body: '{}' };
    queue.work('charts', async () => {});
    await queue.add(task);
    await vi.waitFor(() => expect(queue.count('charts').waiting).toBe(0));
    await clock.advanceTo(START + 86_400_000);
    expect(await queue.add(task)).toBe('known');
    await clock.advanceTo(START + 86_400_001);
    expect(await queue.add(task)).toBe('added');
    await queue.close();
  });
});
