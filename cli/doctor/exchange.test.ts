import type { RequestListener } from 'node:http';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { venueAdapter } from '../../connectors/exchanges/adapters.ts';
import { startExchangeTwin } from '../../connectors/exchanges/simulated/twin-server.ts';
import { restFindings, skewFinding, webSocketFinding } from './exchange.ts';
import { freePort, serve } from './serve.fixture.ts';

const THEIRS = Date.UTC(2026, 0, 1);
/** For what never answers. */
const SOON_MS = 100;

it.each([
  [-1_999, 'ok'],
  [2_000, 'warning'],
  [-4_000, 'stop'],
])('a clock that is %i ms ahead of the exchange’s is judged', (skewMs, level) => {
  expect(skewFinding(skewMs)).toMatchObject({ check: 'clock', level });
});

it.each<['bybit' | 'kraken' | 'binance', string, unknown, number]>([
  ['bybit', '/v5/market/time', { retCode: 0, retMsg: 'OK', result: { timeNano: `${THEIRS}000000` } }, 0],
  // It tells whole seconds: on average half of one has passed.
  ['kraken', '/0/public/Time', { error: [], result: { unixtime: THEIRS / 1_000 } }, 500],
  ['binance', '/fapi/v1/time', { serverTime: THEIRS }, 0],
])('%s tells its time, and ours is compared with it', async (venue, path, answer, passedMs) => {
  const asked: string[] = [];
  const { port } = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify(answer));
  });
  // A name that is not known for this machine’s, since a twin has a time of its own.
  const restUrl = `http://0.0.0.0:${port}`;
  const judged = (ms: number) => restFindings({ venue, restUrl }, { clock: new ManualClock(ms) });
  expect(await judged(THEIRS + passedMs + 3_000)).toMatchObject([
    { check: 'exchange', level: 'ok' },
    { check: 'clock', level: 'warning', what: "this clock is 3.0 s ahead of the exchange's" },
  ]);
  expect(await judged(THEIRS + passedMs - 60_000)).toMatchObject([
    { level: 'ok' },
    { level: 'stop', what: "this clock is 1 min 0 s behind the exchange's" },
  ]);
  expect(asked).toEqual([path, path]);
});

it('a twin on this machine answers as the exchange does, with a time of its own', async ({
  onTestFinished,
}) => {
  const twin = await startExchangeTwin({ seed: 1, clock: new ManualClock(THEIRS) });
  onTestFinished(() => twin.close());
  for (const venue of ['bybit', 'kraken'] as const) {
    const adapter = venueAdapter(venue, twin.address(venue));
    expect(await restFindings(adapter, { clock: systemClock })).toMatchObject([
      { check: 'exchange', level: 'ok' },
      { check: 'clock', level: 'ok', what: expect.stringMatching(/ a time of its own$/) },
    ]);
    expect(await webSocketFinding(adapter)).toMatchObject({ check: 'exchange', level: 'ok' });
  }
  twin.mute(true);
  const half = venueAdapter('bybit', twin.address('bybit'));
  expect(await webSocketFinding(half, SOON_MS)).toMatchObject({
    level: 'stop',
    what: expect.stringMatching(/it opens, and says nothing$/),
  });
});

it.each<[string, RequestListener, RegExp]>([
  [
    'a page',
    (_, response) => response.end('<!doctype html><html><title>Log in to the hotel</title></html>'),
    /: it answered a web page, “Log in to the hotel”$/,
  ],
  [
    'no such path',
    (_, response) => response.writeHead(404).end('not found'),
    /: it answered 404 with something that is no JSON$/,
  ],
  [
    'JSON of another service',
    (_, response) => response.end('{"status":"UP"}'),
    /: it answered JSON of something else$/,
  ],
  [
    'another place',
    (_, response) => response.writeHead(302, { location: 'https://proxy/login' }).end(),
    /: it answered 302, and points to https:\/\/proxy\/login$/,
  ],
  [
    'a refusal',
    (_, response) => response.writeHead(403).end('<html></html>'),
    /: it answered 403: it may not serve/,
  ],
])('a wrong address answers with %s, and that is told', async (_, answer, message) => {
  const { port } = await serve(answer);
  const restUrl = `http://127.0.0.1:${port}`;
  const [finding, ...others] = await restFindings({ venue: 'bybit', restUrl }, { clock: systemClock });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ check: 'exchange', level: 'stop', what: expect.stringMatching(message) });
  expect(finding!.remedy).toMatch(/^set relay\.restUrl /);
});

it('nothing comes from there in time', async () => {
  const restUrl = `http://127.0.0.1:${(await serve()).port}`;
  const options = { clock: systemClock, patienceMs: SOON_MS };
  expect(await restFindings({ venue: 'bybit', restUrl }, options)).toMatchObject([
    { level: 'stop', what: expect.stringMatching(/^Cannot reach .*: no answer in time/) },
  ]);
});

it('nothing listens there', async () => {
  const adapter = venueAdapter('bybit', {
    restUrl: `http://127.0.0.1:${await freePort()}`,
    wsUrl: `ws://127.0.0.1:${await freePort()}`,
  });
  const all = [...(await restFindings(adapter, { clock: systemClock })), await webSocketFinding(adapter)];
  for (const { level, what } of all) {
    expect(level).toBe('stop');
    expect(what).toMatch(/^Cannot reach .*: nothing listens there/);
  }
});

it('an address that is none', async () => {
  expect(await webSocketFinding(venueAdapter('bybit', { wsUrl: 'nowhere' }))).toMatchObject({
    level: 'stop',
    what: 'Cannot reach nowhere: Invalid URL: nowhere',
    remedy: expect.stringMatching(/^set relay\.wsUrl /),
  });
});

it.each<[string, (server: WebSocketServer) => void, RegExp, number?]>([
  ['says nothing', () => {}, /bybit: it opens, and says nothing$/, SOON_MS],
  [
    'says back what it hears',
    (server) =>
      server.on('connection', (socket) => socket.on('message', (bytes) => socket.send(String(bytes)))),
    /does not answer as the WebSocket of bybit: it says what no exchange does$/,
  ],
  [
    'says something else',
    (server) => server.on('connection', (socket) => socket.send('hello')),
    /does not answer as the WebSocket of bybit: .*hello/,
  ],
  [
    'hangs up',
    (server) => server.on('connection', (socket) => socket.on('message', () => socket.close(1_008))),
    /it closed the connection \(code 1008\)/,
  ],
])(
  'a WebSocket that %s is not the exchange’s, and is let go of at once',
  async (_, behave, message, silenceMs) => {
    const { server, port } = await serve();
    const sockets = new WebSocketServer({ server });
    behave(sockets);
    const gone = new Promise<void>((closed) =>
      sockets.on('connection', (socket) => socket.on('close', () => closed())),
    );
    const adapter = venueAdapter('bybit', { wsUrl: `ws://127.0.0.1:${port}` });
    const finding = await webSocketFinding(adapter, silenceMs);
    expect(finding).toMatchObject({ level: 'stop', what: expect.stringMatching(message) });
    await gone;
  },
);

it('a WebSocket that is a web server is told as what it answers', async () => {
  const { server, port } = await serve();
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
  const adapter = venueAdapter('bybit', { wsUrl: `ws://127.0.0.1:${port}` });
  expect((await webSocketFinding(adapter)).what).toMatch(/^Cannot reach ws:.*: it answered 404$/);
});
