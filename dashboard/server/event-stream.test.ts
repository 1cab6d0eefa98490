import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TestPage } from '../dashboard.fixture.ts';
import { EventLog } from '../events/event-log.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';

const FIRST = 1_000;
const PATIENCE = { timeout: 20_000, interval: 5 };
/** Sockets of the loopback take up to ten MB before they are full. */
const LONG = 'x'.repeat(20_000);

let close: () => void = () => {};
afterEach(() => close());

async function serve(log: EventLog, options: EventStreamOptions = {}) {
  const stream = new EventStream(log, { batchMs: 1, ...options });
  const server: Server = createServer((request, response) => {
    const after = Number(new URL(request.url!, 'http://here').searchParams.get('after'));
    if (!stream.serve(request, response, after)) response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => {
    stream.close();
    server.close();
    server.closeAllConnections();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { stream, follow: (after: number) => TestPage.open(`${url}?after=${after}`) };
}

const tell = (log: EventLog, n: number, text = '') => log.add('notice', { ts: n, text: `${n}${text}` });
const told = (page: TestPage) => page.named('notice').map(({ data }) => Number.parseInt(`${data.text}`, 10));
const until = (isTrue: () => boolean) => vi.waitFor(() => expect(isTrue()).toBe(true), PATIENCE);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('a stream of events', () => {
  it('gives what is newer than what the page knows, then what comes', async () => {
    const log = new EventLog({ firstId: FIRST });
    for (const n of upTo(3)) tell(log, n);
    const { follow } = await serve(log);
    const page = await follow(FIRST + 1);
    await until(() => told(page).length === 2);
    tell(log, 4);
    await until(() => told(page).length === 3);
    expect(told(page)).toEqual([2, 3, 4]);
    expect(page.events.map(({ id }) => id)).toEqual([FIRST + 2, FIRST + 3, FIRST + 4]);
  });

  it('goes on without a gap and without doubles over connections that are cut', async () => {
    const log = new EventLog({ firstId: FIRST });
    const { follow } = await serve(log);
    const got: number[] = [];
    let last = FIRST;
    let n = 0;
    for (let connection = 0; connection < 25; connection++) {
      const page = await follow(last);
      for (let i = 0; i < 40; i++) tell(log, ++n);
      const wanted = Math.min(40, 1 + ((connection * 7) % 40));
      await until(() => told(page).length >= wanted);
      page.cut();
      got.push(...told(page));
      last = page.last;
    }
    const end = await follow(last);
    await until(() => got.length + told(end).length >= n);
    expect([...got, ...told(end)]).toEqual(upTo(1_000));
  });

  it('tells a page that was away for too long to begin anew, and goes on from there', async () => {
    const log = new EventLog({ firstId: FIRST, capacity: 10 });
    for (const n of upTo(50)) tell(log, n);
    const { follow } = await serve(log);
    const page = await follow(FIRST + 1);
    await until(() => page.events.length === 1);
    expect(page.events[0]).toMatchObject({ name: 'reset', id: FIRST + 50 });
    tell(log, 51);
    await until(() => page.events.length === 2);
    expect(told(page)).toEqual([51]);
  });

  it('gives a slow page the newest state of each of 25 pairs, and keeps nothing else for it', async () => {
    const log = new EventLog({ firstId: FIRST });
    const { follow } = await serve(log);
    const page = await follow(FIRST);
    page.response.pause();
    const bars = Array.from({ length: 400 }, () => ({
      interval: '1m',
      openTime: 0,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
      volume: 1,
    })) as never;
    const rounds = 200;
    for (let price = 1; price <= rounds; price++) {
      for (let pair = 0; pair < 25; pair++) {
        log.add('forming', { pair: `P${pair}`, ts: 0, price, bars }, `P${pair}`);
      }
      await new Promise(setImmediate);
    }
    const written = page.events.length;
    page.response.resume();
    const newest = () => new Map(page.named('forming').map(({ data }) => [data.pair, data.price]));
    await until(() => [...newest().values()].filter((price) => price === rounds).length === 25);
    expect(page.events.length).toBeGreaterThan(written);
    expect(page.events.length, 'events of 5,000 that were given').toBeLessThan(2_500);
    const ids = page.events.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });

  it('resets a page that is slower than what counts', async () => {
    const log = new EventLog({ firstId: FIRST, capacity: 50 });
    const { follow } = await serve(log);
    const page = await follow(FIRST);
    page.response.pause();
    for (const n of upTo(1_000)) {
      tell(log, n, LONG);
      if (n % 10 === 0) await new Promise(setImmediate);
    }
    page.response.resume();
    await until(() => told(page).at(-1) === 1_000 || page.named('reset').length > 0);
    tell(log, 1_001);
    await until(() => told(page).at(-1) === 1_001);
    expect(page.named('reset').length).toBeGreaterThan(0);
  });

  it('cuts off a page that takes nothing any more', async () => {
    const log = new EventLog({ firstId: FIRST });
    const { stream, follow } = await serve(log, { heartbeatMs: 5, patience: 2 });
    const page = await follow(FIRST);
    page.response.pause();
    for (const n of upTo(2_000)) tell(log, n, LONG);
    await until(() => stream.readers === 0);
    page.cut();
  });

  it('forgets a page that is gone, and takes no more than it may', async () => {
    const log = new EventLog({ firstId: FIRST });
    const { stream, follow } = await serve(log, { maxReaders: 2 });
    const [first] = await Promise.all([follow(FIRST), follow(FIRST)]);
    await until(() => stream.readers === 2);
    expect((await follow(FIRST)).response.statusCode).toBe(503);
    first!.cut();
    await until(() => stream.readers === 1);
    expect((await follow(FIRST)).response.statusCode).toBe(200);
  });
});
