import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { backoffMs } from '../backoff.ts';
import { ManualClock } from '../clock/manual.ts';
import { Random } from '../random.ts';
import { explainNetworkError } from './explain.ts';
import { ReconnectingSocket, type SocketOptions } from './socket.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server, a socket to it, and queues of what happened to either. */
async function connected(options: Partial<SocketOptions> = {}) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  closers.push(async () => server.close());
  return { server, ...client(url, options) };
}

function client(url: string, options: Partial<SocketOptions> = {}) {
  const clock = new ManualClock(0);
  const opens = queue<undefined>();
  const frames = queue<string>();
  const downs = queue<{ reason: string; retryInMs: number }>();
  const socket = new ReconnectingSocket({
    url,
    clock,
    seed: 1,
    ping: { frame: 'PING', everyMs: 20_000 },
    silentAfterMs: 30_000,
    onOpen: () => opens.push(undefined),
    onFrame: frames.push,
    onDown: (reason, retryInMs) => downs.push({ reason, retryInMs }),
    ...options,
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

/** A server of bytes: what it sends after the handshake need be no WebSocket frame. */
async function rawServer(serve: (socket: Socket, request: string) => void): Promise<string> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('data', (data) => serve(socket, String(data)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function shakeHands(socket: Socket, request: string): void {
  const key = /Sec-WebSocket-Key: (.*)\r/i.exec(request)![1];
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
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

  it('pings as WebSocket does where the venue has no ping, and takes the pong for life', async () => {
    const { server, clock, downs, opens } = await connected({ ping: null });
    const peer = await accepted(server);
    await opens.next();
    for (let ms = 20_000; ms <= 100_000; ms += 20_000) {
      const pinged = once(peer, 'ping');
      await clock.advanceTo(ms);
      await pinged;
      peer.ping();
      await once(peer, 'pong');
    }
    expect(downs.items).toEqual([]);
  });

  it('takes no silence for death while it does not read, and reads on afterwards', async () => {
    const { server, clock, socket, downs, frames, opens } = await connected();
    const peer = await accepted(server);
    await opens.next();
    socket.pause();
    peer.send('waits');
    for (let ms = 10_000; ms <= 120_000; ms += 10_000) await clock.advanceTo(ms);
    expect([downs.items, frames.items]).toEqual([[], []]);
    socket.resume();
    expect(await frames.next()).toBe('waits');
  });

  it('gives a connection up when told, and delivers nothing of it any more, not even what had come', async () => {
    const { server, clock, socket, downs, frames, opens } = await connected();
    const peer = await accepted(server);
    await opens.next();
    socket.pause();
    peer.send('of the first');
    peer.ping();
    socket.reconnect('The exchange asked for it.');
    const { reason, retryInMs } = await downs.next();
    expect(reason).toBe('The exchange asked for it.');
    socket.resume();
    const second = accepted(server);
    await clock.advanceTo(clock.now() + retryInMs);
    (await second).send('of the second');
    expect(await frames.next()).toBe('of the second');
    expect(frames.items).toEqual([]);
    // Without a connection there is nothing to give up.
    socket.reconnect('again');
    socket.reconnect('and again');
    expect((await downs.next()).reason).toBe('again');
    expect(downs.items).toEqual([]);
  });

  it.each([
    ['429 Too Many Requests\r\nRetry-After: 120', 120_250, 120_500, 'it answered 429: too many connections'],
    ["418 I'm a teapot\r\nRetry-After: 300", 300_250, 300_500, 'it answered 418: it has shut us out'],
    ['429 Too Many Requests', 10_000, 20_000, 'it answered 429'],
    ['503 Service Unavailable\r\nRetry-After: 7', 7_250, 7_500, 'it answered 503'],
    ['503 Service Unavailable', 250, 500, 'it answered 503'],
    ['403 Forbidden', 250, 500, 'it may not serve this address'],
  ])('obeys a handshake answered %j', async (head, least, most, text) => {
    const asked: number[] = [];
    const host = await rawServer((socket) => {
      asked.push(clock.now());
      socket.end(`HTTP/1.1 ${head}\r\nContent-Length: 0\r\n\r\n`);
    });
    const { clock, downs } = client(`ws://${host}`);
    const { reason, retryInMs } = await downs.next();
    expect(reason).toContain(text);
    expect(retryInMs).toBeGreaterThanOrEqual(least);
    expect(retryInMs).toBeLessThanOrEqual(most);
    await clock.advanceTo(retryInMs - 1);
    expect(asked).toEqual([0]);
    await clock.advanceTo(retryInMs);
    await downs.next();
    expect(asked).toEqual([0, retryInMs]);
  });

  it('waits longer and longer for an exchange that refuses without a word, up to five minutes', async () => {
    const host = await rawServer((socket) => socket.end('HTTP/1.1 429 Too Many Requests\r\n\r\n'));
    const { clock, downs } = client(`ws://${host}`);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const { retryInMs } = await downs.next();
      waits.push(retryInMs);
      await clock.advanceTo(clock.now() + retryInMs);
    }
    expect(waits[4]).toBeGreaterThanOrEqual(150_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
  });

  it.each([
    ['bytes that are no frame', [0xff, 0xff, 0x13, 0x37], 'sent what is no WebSocket frame'],
    ['invalid UTF-8', [0x81, 2, 0xc3, 0x28], 'sent what is no WebSocket frame'],
    ['a masked frame', [0x81, 0x80, 1, 2, 3, 4], 'sent what is no WebSocket frame'],
    ['binary data', [0x82, 2, 1, 2], 'sent bytes where text was expected'],
    ['a frame of 17 MiB', [0x81, 127, 0, 0, 0, 0, 1, 16, 0, 0], 'sent a frame of more than 16777216 bytes'],
    ['a frame of 2^63 bytes', [0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255], 'payload length'],
  ])('ends in a sentence at %s, and comes back', async (_, bytes, text) => {
    let isBroken = true;
    const host = await rawServer((socket, request) => {
      shakeHands(socket, request);
      socket.write(Buffer.from(isBroken ? bytes : [0x81, 2, 0x6f, 0x6b]));
      isBroken = false;
    });
    const { clock, downs, frames } = client(`ws://${host}`);
    const { reason, retryInMs } = await downs.next();
    expect(reason).toContain(text);
    await clock.advanceTo(clock.now() + retryInMs);
    expect(await frames.next()).toBe('ok');
  });

  it('lives through whatever bytes come, each time with a sentence', async () => {
    const random = new Random(1);
    const noise = () => Buffer.from(Array.from({ length: random.whole(1, 300) }, () => random.whole(0, 255)));
    const host = await rawServer((socket, request) => {
      if (random.chance(0.8)) shakeHands(socket, request);
      socket.end(noise());
    });
    const { clock, downs } = client(`ws://${host}`);
    for (let i = 0; i < 100; i++) {
      const { reason, retryInMs } = await downs.next();
      expect(reason).toMatch(/\S \S.*\.$/s);
      await clock.advanceTo(clock.now() + retryInMs);
    }
  });

  it.each([
    ['an answer that is no HTTP', (socket: Socket) => socket.write('hello\r\n\r\n'), 'does not speak HTTP'],
    ['an end before the handshake', (socket: Socket) => socket.end(), 'Cannot reach'],
    ['a cut before the handshake', (socket: Socket) => socket.resetAndDestroy(), 'cut the connection'],
    [
      'a wrong key',
      (socket: Socket) =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
        ),
      'Invalid Sec-WebSocket-Accept',
    ],
  ])('says in a sentence what was wrong with %s', async (_, serve, text) => {
    const host = await rawServer(serve);
    expect((await client(`ws://${host}`).downs.next()).reason).toContain(text);
  });

  it('gives up an exchange that takes the connection and says nothing', async () => {
    const taken = Promise.withResolvers<void>();
    const host = await rawServer(() => taken.resolve());
    const { clock, downs } = client(`ws://${host}`);
    await taken.promise;
    await clock.advanceTo(10_000);
    expect((await downs.next()).reason).toContain('has not answered within 10 s');
  });

  it('says in a sentence that TLS or the name fails', async () => {
    const host = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await client(`wss://${host}`).downs.next()).reason).toContain('it does not speak TLS');
    const { reason } = await client('ws://no..such..host/').downs.next();
    expect(reason).toMatch(/the host is unknown|could not be resolved/);
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
