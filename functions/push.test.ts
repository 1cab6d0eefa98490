import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, type TestContext } from 'vitest';
import { UpstreamError, WireFormatError } from '../schemas/errors.ts';
import { type PushedMessage, type PushHandlerOptions, pushHandler, readPush } from './push.ts';

const TOPICS = ['market-levels'] as const;
const body = (changes: object = {}, message: object = {}) => ({
  subscription: 'projects/p/subscriptions/market-levels-bigtable',
  message: {
    data: Buffer.from('{"a":1}').toString('base64'),
    attributes: { id: 'x', ts: '7' },
    messageId: '17',
    message_id: '17',
    publishTime: '2024-03-01T00:00:00.123456Z',
    orderingKey: 'k',
    ...message,
  },
  deliveryAttempt: 3,
  ...changes,
});

async function serve(test: TestContext, options: Partial<PushHandlerOptions> = {}) {
  const got: PushedMessage[] = [];
  const errors: unknown[] = [];
  const handler = pushHandler({
    topics: TOPICS,
    authorize: ({ headers }) => headers.authorization === 'Bearer secret',
    receive: async (_, message) => void got.push(message),
    onError: (error) => void errors.push(error),
    ...options,
  });
  const server = createServer((request, response) => void handler(request, response)).listen(0, '127.0.0.1');
  test.onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const post = async (content: string, init: RequestInit = {}) => {
    const headers = { authorization: 'Bearer secret' };
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers,
      body: content,
      ...init,
    });
    return response.status;
  };
  return { post, got, errors };
}

it('hands on the message of a push, and says that it is done', async (test) => {
  const { post, got, errors } = await serve(test);
  expect(await post(JSON.stringify(body()))).toBe(204);
  expect(await post(JSON.stringify(body({ deliveryAttempt: undefined }, { attributes: undefined })))).toBe(
    204,
  );
  expect(got[0]).toEqual({
    data: Buffer.from('{"a":1}'),
    attributes: { id: 'x', ts: '7' },
    messageId: '17',
    publishTimeMs: Date.UTC(2024, 2, 1) + 123,
    orderingKey: 'k',
    attempt: 3,
  });
  expect(got[1]).toMatchObject({ attributes: {}, attempt: 1 });
  expect(errors).toEqual([]);
});

it('asks for a message again that failed', async (test) => {
  const receive = () => Promise.reject(new UpstreamError('Expected an answer, got none.'));
  const told: unknown[] = [];
  const onError = (error: unknown, traceId?: string) => void told.push([(error as Error).name, traceId]);
  const { post } = await serve(test, { receive, onError });
  const traceId = 'e905fee3d36bed1acd2e29e8e7e8f739';
  const traced = body({}, { attributes: { traceparent: `00-${traceId}-cd2e29e8e7e8f739-01` } });
  expect(await post(JSON.stringify(body()))).toBe(503);
  expect(await post(JSON.stringify(traced))).toBe(503);
  expect(told).toEqual([
    ['UpstreamError', undefined],
    ['UpstreamError', traceId],
  ]);
});

it('refuses strangers before it reads, other methods, and what is no push', async (test) => {
  const { post, got, errors } = await serve(test);
  expect(await post('{', { headers: { authorization: 'Bearer wrong' } })).toBe(401);
  expect(await post('', { method: 'PUT' })).toBe(405);
  expect(errors).toEqual([]);
  for (const wrong of ['{', '{}', JSON.stringify(body({ subscription: 'projects/p/subscriptions/other' }))])
    expect(await post(wrong)).toBe(400);
  expect([errors.length, got]).toEqual([3, []]);
});

it('takes what the framework has parsed', async () => {
  const got: PushedMessage[] = [];
  const receive = async (_: string, message: PushedMessage) => void got.push(message);
  const handler = pushHandler({ topics: TOPICS, authorize: () => true, receive });
  let status = 0;
  const response = {
    writeHead(code: number) {
      status = code;
      return { end() {} };
    },
  };
  await handler({ method: 'POST', body: body() } as never, response as never);
  expect([status, got.length]).toEqual([204, 1]);
});

it.each([
  ['no object', null],
  ['no message', {}],
  ['a topic of others', body({ subscription: 'projects/p/subscriptions/market-features-bigquery' })],
  ['an unknown subscription', body({ subscription: 'nothing' })],
  ['data that is no base64', body({}, { data: '~' })],
  ['a time that is none', body({}, { publishTime: 'now' })],
])('refuses %s', (_, wrong) => {
  expect(() => readPush(wrong, TOPICS)).toThrow(WireFormatError);
});
