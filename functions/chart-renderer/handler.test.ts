import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { TaskAttempt } from '../../connectors/tasks/port.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { chartHandler } from './handler.ts';

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
