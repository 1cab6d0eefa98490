import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import type { TaskAttempt } from '../../connectors/tasks/port.ts';
import { ChartTask } from '../../schemas/chart-task.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { FunctionProcess } from '../entry.fixture.ts';
import { scalp, task } from './chart.fixture.ts';
import { chartHandler } from './handler.ts';
import { textsOf } from './picture/png-texts.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function serve(fail = false) {
  const attempts: TaskAttempt[] = [];
  const errors: unknown[] = [];
  const renderer = {
    async handle(attempt: TaskAttempt) {
      attempts.push(attempt);
      if (fail) throw new UpstreamError('later');
    },
  };
  const authorize = ({ headers }: IncomingMessage) => headers.authorization === 'ours';
  const handler = chartHandler({ renderer, authorize, onError: (error) => errors.push(error) });
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (init: RequestInit) =>
    (await fetch(url, { ...init, headers: { authorization: 'ours', ...init.headers } })).status;
  return { call, attempts, errors };
}

it('hands each task over with its name and number of attempt', async () => {
  const { call, attempts } = await serve();
  const headers = { 'x-cloudtasks-taskname': 'task-1', 'x-cloudtasks-taskretrycount': '2' };
  expect(await call({ method: 'POST', body: '{"a":1}', headers })).toBe(204);
  expect(await call({ method: 'POST', body: 'b', headers: { 'x-cloudtasks-taskretrycount': 'x' } })).toBe(
    204,
  );
  expect(attempts).toEqual([
    { name: 'task-1', body: '{"a":1}', attempt: 3 },
    { name: 'unnamed', body: 'b', attempt: 1 },
  ]);
});

it('answers what failed so that it comes again', async () => {
  const { call, errors } = await serve(true);
  expect(await call({ method: 'POST', body: '{}' })).toBe(503);
  expect(errors).toEqual([expect.any(UpstreamError)]);
});

it('lets nobody else in, and takes nothing but tasks', async () => {
  const { call, attempts } = await serve();
  expect(await call({ method: 'POST', body: '{}', headers: { authorization: 'theirs' } })).toBe(401);
  expect(await call({ method: 'GET' })).toBe(405);
  expect(await call({ method: 'POST', body: 'x'.repeat((1 << 20) + 1) })).toBe(413);
  expect(attempts).toEqual([]);
});

it('runs as a function of the cloud: draws what is posted, refuses strangers, ends in order', async (test) => {
  const dir = mkdtempSync(join(tmpdir(), 'cst-chart-function-'));
  const secret = 'a-secret-of-the-callers';
  const running = await FunctionProcess.start('chart-renderer', {
    CST_STATE_FILE: join(dir, 'state.db'),
    CST_MESSAGES_DIR: join(dir, 'messages'),
    CST_CALLER_SECRET: secret,
    CST_REST_URLS: '{"bybit":"http://127.0.0.1:9"}',
  });
  test.onTestFinished(() => running.kill());
  const body = JSON.stringify(z.encode(ChartTask, task({ scalp: scalp() })));
  expect(await running.post(body), running.output).toBe(401);
  expect(await running.post(body, { authorization: `Bearer ${secret}` }), running.output).toBe(204);
  expect(textsOf(readFileSync(join(dir, 'messages', 'task-1.png')))).toMatchObject({ Signal: scalp().id });
  expect(running.output).toContain('Chart task-1 lacks bars of the past: ');
  running.signal('SIGTERM');
  expect(await running.ended()).toBe(0);
});
