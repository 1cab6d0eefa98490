import { createServer, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { type Health, serveHealth } from './health.ts';
import type { StatusServer } from './status-server.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const WELL: Health = {
  state: 'running',
  watermarkMs: NOW - 3_000,
  lastPublishMs: NOW - 40_000,
  backlog: null,
  nowMs: NOW,
};

const servers: StatusServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function ask(health: Health, path = '') {
  const server = await serveHealth(() => health, { port: 0, host: '127.0.0.1' });
  servers.push(server);
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, body: await response.json() };
}

it('says how far event time has come, and when something was last published', async () => {
  expect(await ask(WELL)).toEqual({
    status: 200,
    body: {
      status: 'ok',
      state: 'running',
      watermark: '2026-03-01T11:59:57.000Z',
      watermarkAgeMs: 3_000,
      lastPublish: '2026-03-01T11:59:20.000Z',
      lastPublishAgeMs: 40_000,
      backlog: null,
    },
  });
});

it.each<[string, Partial<Health>]>([
  ['while it warms', { state: 'warming', watermarkMs: null, lastPublishMs: null }],
  ['before event time is known', { watermarkMs: null }],
  ['where event time is minutes behind the clock', { watermarkMs: NOW - 180_001 }],
  ['while it stops', { state: 'stopping' }],
])('answers 503 %s, and is alive', async (_, change) => {
  const health = { ...WELL, ...change };
  expect(await ask(health)).toMatchObject({ status: 503, body: { status: 'behind' } });
  expect(await ask(health, 'live')).toMatchObject({ status: 200, body: { status: 'behind' } });
});

it('answers a path that is no URL as any other', async () => {
  const server = await serveHealth(() => WELL, { port: 0, host: '127.0.0.1' });
  servers.push(server);
  const status = new Promise((done, failed) => {
    get(server.url, { path: '//' }, (response) => done(response.resume().statusCode)).on('error', failed);
  });
  expect(await status).toBe(200);
});

it('leaves the service its sockets, however many ask', async () => {
  const server = await serveHealth(() => WELL, { port: 0, host: '127.0.0.1' });
  servers.push(server);
  const port = Number(new URL(server.url).port);
  const sockets = Array.from({ length: 70 }, () => connect(port, '127.0.0.1'));
  let turnedAway = 0;
  for (const socket of sockets) socket.on('error', () => {}).on('close', () => (turnedAway += 1));
  await vi.waitFor(() => expect(turnedAway).toBe(6), { timeout: 5_000 });
  for (const socket of sockets) socket.destroy();
});

it('names the port that is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => other.once('listening', listening));
  const { port } = other.address() as AddressInfo;
  await expect(serveHealth(() => WELL, { port, host: '127.0.0.1' })).rejects.toThrow(
    `Cannot serve health on 127.0.0.1:${port}:`,
  );
  other.close();
});
