import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import type { Clock } from '../../../connectors/clock/port.ts';
import { systemClock } from '../../../connectors/clock/system.ts';
import { Events } from '../process/events.fixture.ts';
import type { LogEntry } from '../process/log.ts';
import { boot } from './boot.ts';
import { containerRunner } from './runner.fixture.ts';

const SCRIPT = join(import.meta.dirname, '../pool/worker.fixture.ts');
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const endpoints = { controlEndpoint: { url: 'c:1' }, loggingEndpoint: { url: 'l:1' } };

/** Boots a container of the given workers; a test that fails ends them too. */
async function bootWorkers(ids: readonly string[], clock: Clock = systemClock) {
  const [id = '', ...siblingWorkerIds] = ids;
  const service = await containerRunner(() => ({ ...endpoints, siblingWorkerIds }));
  const lines = new Events<string>();
  const log = new Events<LogEntry>();
  const stop = new AbortController();
  const code = boot([`--id=${id}`, `--provision_endpoint=${service.url}`], {
    clock,
    log: log.add,
    memory: { limitBytes: 2 ** 30, totalBytes: 2 ** 34 },
    script: SCRIPT,
    onLine: (worker, line) => lines.add(`${worker}: ${line}`),
    stopAsked: stop.signal,
  });
  ends.push(
    () => service.close(),
    () => {
      stop.abort();
      return code;
    },
  );
  return { service, lines, log, stop, code };
}

describe('a container', () => {
  it('asks in its own name and starts one process per worker, the heap shared out', async () => {
    const { service, lines } = await bootWorkers(['a', 'b']);
    const started = [await lines.next(), await lines.next()].sort();
    // (1024 − 96) / 2 × 0.6
    const flags = (id: string) =>
      `${id}: ready --max-old-space-size=278 --id=${id} --control_endpoint=c:1 --logging_endpoint=l:1 --provision_endpoint=${service.url} --runner_capabilities= --options={}`;
    expect(started).toEqual([flags('a'), flags('b')]);
    expect(service.provisioned.all).toEqual(['a']);
  });

  it('ends well when all its workers do', async () => {
    const { code } = await bootWorkers(['done-1', 'done-2']);
    expect(await code).toBe(0);
  });

  it('ends with the code of a worker that fails, its siblings first', async () => {
    const { code, log } = await bootWorkers(['steady', 'failing']);
    expect(await code).toBe(3);
    const [failed] = log.all.filter(({ severity }) => severity === 'ERROR');
    expect(failed).toMatchObject({ worker: 'failing', message: expect.stringContaining('code 3') });
    expect(log.all).toContainEqual(
      expect.objectContaining({ worker: 'steady', message: 'Worker ended with SIGTERM, as asked.' }),
    );
  });

  it('passes the end it is asked for on to all workers', async () => {
    const { code, lines, stop } = await bootWorkers(['a', 'b', 'c']);
    for (let i = 0; i < 3; i++) await lines.next();
    stop.abort();
    expect(await code).toBe(0);
  });

  it('kills a worker that stays after the grace period', async () => {
    const clock = new ManualClock(systemClock.now());
    const { code, lines, stop, log } = await bootWorkers(['stubborn'], clock);
    await lines.next();
    stop.abort();
    expect(await lines.next()).toBe('stubborn: stays');
    await clock.advanceTo(clock.now() + 25_000);
    expect(await code).toBe(0);
    expect(log.all.at(-1)!.message).toBe('Worker ended with SIGKILL, as asked.');
  });
});

describe('before anything runs', () => {
  const container = (stopAsked: AbortSignal) => ({
    clock: systemClock,
    log: () => undefined,
    memory: { limitBytes: 0, totalBytes: 2 ** 34 },
    script: SCRIPT,
    onLine: () => undefined,
    stopAsked,
  });

  it('ends well when asked to while it waits for the runner', async () => {
    const stop = new AbortController();
    const service = await containerRunner(() => undefined);
    ends.push(() => service.close());
    const code = boot(['--id=a', `--provision_endpoint=${service.url}`], container(stop.signal));
    await service.provisioned.next();
    stop.abort();
    expect(await code).toBe(0);
  });

  it('fails where the provision service has nothing to say in time', async () => {
    // A clock two minutes back: the deadline is over before the call begins.
    const late = { now: () => systemClock.now() - 120_000, until: systemClock.until };
    const service = await containerRunner(() => undefined);
    ends.push(() => service.close());
    const flags = ['--id=a', `--provision_endpoint=${service.url}`];
    const booting = boot(flags, { ...container(new AbortController().signal), clock: late });
    await expect(booting).rejects.toThrow(`Expected provisioning from ${service.url} for worker a`);
  });
});
