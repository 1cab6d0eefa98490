import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { backoffMs } from '../backoff.ts';
import { ManualClock } from '../clock/manual.ts';
import { explainNetworkError } from './explain.ts';
import { ReconnectingSocket } from './socket.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server, a socket to it, and queues of what happened to either. */
async function connected(pingEveryMs = 20_000) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  closers.push(async () => server.close());
  return { server, ...client(url, pingEveryMs) };
}

function client(url: string, pingEveryMs = 20_000) {
  const clock = new ManualClock(0);
  const opens = queue<undefined>();
  const frames = queue<string>();
  const downs = queue<{ reason: string; retryInMs: number }>();
  const socket = new ReconnectingSocket({
    url,
    clock,
    seed: 1,
    pingFrame: 'PING',
    pingEveryMs,
    silentAfterMs: 30_000,
    onOpen: () => opens.push(undefined),
    onFrame: frames.push,
    onDown: (reason, retryInMs) => downs.push({ reason, retryInMs }),
  });
  closers.push(() => socket.close());
  return { url, clock, socket, opens, frames, downs };
}

function queue<T>() {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  return {
    push: (item: T) => {
      const wake = waiting.shift();
      if (wake) wake(item);
      else items.push(item);
    },
    next: () =>
      items.length > 0 ? Promise.resolve(items.shift()!) : new Promise<T>((resolve) => waiting.push(resolve)),
    items,
  };
}

async function accepted(server: WebSocketServer): Promise<WebSocket> {
  const [peer] = (await once(server, 'connection')) as [WebSocket];
  return peer;
}

describe('ReconnectingSocket', () => {
  it('delivers frames and sends', async () => {
    const { server, socket, frames, opens } = await connected();
    const peer = await accepted(server);
    await opens.next();
    peer.send('hello');
    expect(await frames.next()).toBe('hello');
    socket.send('answer');
    expect(String((await once(peer, 'message'))[0])).toBe('answer');
  });

  it('comes back after the server drops it, and the old connection delivers nothing more', async () => {
    const { server, clock, frames, downs, opens } = await connected();
    const first = await accepted(server);
    await opens.next();
    first.terminate();
    const { retryInMs } = await downs.next();
    expect(retryInMs).toBeGreaterThanOrEqual(250);
    const second = accepted(server);
    await clock.advanceTo(clock.now() + retryInMs);
    (await second).send('again');
    expect(await frames.next()).toBe('again');
  });

  it('pings, and gives up a connection that has fallen silent', async () => {
    const { server, clock, downs, opens } = await connected();
    const peer = await accepted(server);
    await opens.next();
    const ping = once(peer, 'message');
    await clock.advanceTo(20_000);
    expect(String((await ping)[0])).toBe('PING');
    expect(downs.items).toEqual([]);
    await clock.advanceTo(30_000);
    expect((await downs.next()).reason).toContain('silent for 30 s');
  });

  it('says in a sentence that nothing listens, and tries again', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const { clock, downs } = client(`ws://127.0.0.1:${port}/`);
    const waits: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { reason, retryInMs } = await downs.next();
      expect(reason).toBe(
        `Cannot reach ws://127.0.0.1:${port}/: nothing listens there: check the address, and that the exchange or its simulator runs.`,
      );
      waits.push(retryInMs);
      await clock.advanceTo(clock.now() + retryInMs);
    }
    expect(waits[2]).toBeGreaterThanOrEqual(1_000);
  });

  it('explains an address that is no WebSocket’s', async () => {
    const { downs } = client('nonsense');
    expect((await downs.next()).reason).toContain('Cannot open nonsense');
  });

  it('makes no new connection once closed', async () => {
    const { server, socket, downs, opens } = await connected();
    await accepted(server);
    await opens.next();
    await socket.close();
    await socket.close();
    expect(downs.items).toEqual([]);
  });
});

describe('backoffMs', () => {
  it('doubles to its cap, between half and all of it', () => {
    const backoff = { firstMs: 500, maxMs: 30_000 };
    expect([1, 2, 3, 7, 8, 2000].map((failures) => backoffMs(failures, backoff, 0))).toEqual([
      250, 500, 1_000, 15_000, 15_000, 15_000,
    ]);
    expect(backoffMs(1, backoff, 0.5)).toBe(375);
  });
});

describe('explainNetworkError', () => {
  const failure = (code: string) => Object.assign(new Error(code), { code });

  it.each([
    [failure('ENOTFOUND'), 'the host is unknown'],
    [new TypeError('fetch failed', { cause: failure('ECONNREFUSED') }), 'nothing listens there'],
    [new AggregateError([failure('ETIMEDOUT')]), 'no answer in time'],
    [
      new Error('Unexpected server response: 403'),
      'it answered 403: it may not serve this address or country',
    ],
    [new Error('Unexpected server response: 500'), 'it answered 500'],
    ['what', 'what'],
  ])('%s', (error, text) => {
    expect(explainNetworkError('wss://x', error)).toContain(`Cannot reach wss://x: ${text}`);
  });
});
