import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { jsonOf } from '../../functions/request-body.ts';
import { type Answer, TestDashboard } from '../dashboard.fixture.ts';
import { Access, SECURITY_HEADERS } from './security.ts';
import { serve } from './server.ts';

const TOKEN = 'a token of twenty-five ch';
let open: TestDashboard;
let guarded: TestDashboard;
beforeAll(async () => {
  open = await TestDashboard.open();
  guarded = await TestDashboard.open({ host: '0.0.0.0', access: new Access(TOKEN) });
});
afterAll(() => Promise.all([open.close(), guarded.close()]));

const cookieOf = ({ headers }: Answer) => headers['set-cookie']![0]!.split(';')[0]!;

describe('every answer', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/main.ts'],
    ['GET', '/api/overview'],
    ['GET', '/api/candles'],
    ['GET', '/charts/none.png'],
    ['GET', '/nothing'],
    ['POST', '/api/overview'],
    ['POST', '/api/login'],
    ['PUT', '/'],
    ['OPTIONS', '/api/overview'],
    ['DELETE', '/api/replays'],
  ])('forbids a browser what it need not do: %s %s', async (method, path) => {
    const { headers } = await open.ask(path, { method });
    expect(headers).toMatchObject(SECURITY_HEADERS);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('forbids it with events, too', async () => {
    const page = await open.follow(0);
    expect(page.response.headers).toMatchObject(SECURITY_HEADERS);
    page.cut();
  });

  it('lets nothing be loaded from elsewhere, nor be framed, nor run in line', () => {
    const policy = SECURITY_HEADERS['content-security-policy'];
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
  });
});

describe('a request', () => {
  it.each(['evil.example', 'evil.example:80', '10.0.0.7', 'localhost.evil.example'])(
    'for the name %j is not ours',
    async (host) => {
      for (const path of ['/', '/api/overview', '/api/events']) {
        expect((await open.ask(path, { headers: { host } })).status, path).toBe(421);
      }
    },
  );

  it.each([
    ['PUT', '/', 405],
    ['POST', '/', 405],
    ['DELETE', '/api/overview', 405],
    ['OPTIONS', '/api/overview', 405],
    ['HEAD', '/api/events', 405],
    ['HEAD', '/api/overview', 200],
    ['TRACE', '/api/overview', 405],
  ])('%s %s gets %i', async (method, path, status) => {
    expect((await open.ask(path, { method })).status).toBe(status);
  });

  it.each([
    [{ 'content-type': 'text/plain' }, 415],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 415],
    [{ origin: 'http://evil.example' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ origin: 'http://localhost:3000' }, 403],
    [{}, 200],
  ])('to change something, with %j, gets %i', async (headers, status) => {
    expect((await open.post('/api/replays/stop', {}, headers)).status).toBe(status);
  });

  it.each([{ 'sec-fetch-site': 'cross-site' }, { origin: 'http://evil.example' }])(
    'of a page of others has no answer: %j',
    async (headers) => {
      for (const path of ['/api/overview', '/api/events', '/charts/x.png']) {
        expect((await open.ask(path, { headers })).status, path).toBe(403);
      }
      // A link from elsewhere leads to the page.
      expect((await open.ask('/', { headers })).status).toBe(200);
    },
  );

  it.each([
    ['path', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n`],
    ['header', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n`],
  ])('with a %s of 100 kB is not read to its end', async (_, text) => {
    const { hostname, port } = new URL(open.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    let answer = '';
    socket
      .on('error', () => {})
      .on('data', (more) => {
        answer += more;
      });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`${text}Host: localhost\r\n\r\n`);
    await closed;
    // Who still writes when it is refused may not hear why.
    expect(answer).toMatch(/^($|HTTP\/1.1 431 )/);
    expect((await open.ask('/api/session')).status).toBe(200);
  });

  it.each([
    ['{"recording":"x"}', 400],
    ['{"recording":"x","speed":0}', 400],
    ['{"recording":"../../etc","speed":60}', 404],
    ['no json', 400],
    [JSON.stringify({ recording: 'x'.repeat(100_000), speed: 60 }), 400],
  ])('with the body %.40s gets %i', async (body, status) => {
    const headers = { 'content-type': 'application/json' };
    expect((await open.ask('/api/replays', { method: 'POST', headers, body })).status).toBe(status);
  });
});

it('asks those to come again who ask too much at once', async () => {
  let go: () => void = () => {};
  const held = new Promise<never[]>((resolve) => {
    go = () => resolve([]);
  });
  const busy = await TestDashboard.open({}, { history: { query: () => held } });
  const refused: Answer[] = [];
  const asked = Array.from({ length: 40 }, async () => {
    const answer = await busy.ask('/api/signals');
    if (answer.status !== 200) refused.push(answer);
  });
  await vi.waitFor(() => expect(refused).toHaveLength(8), { timeout: 20_000 });
  go();
  await Promise.all(asked);
  expect(refused.map(({ status, headers }) => [status, headers['retry-after']])).toEqual(
    Array.from({ length: 8 }, () => [503, '1']),
  );
  await busy.close();
});

it('cuts off who does not ask to the end, and finds no defect in it', async () => {
  const defects: unknown[] = [];
  const server = await serve({
    host: '127.0.0.1',
    port: 0,
    isPortFlexible: false,
    patienceMs: 40,
    route: async (request, response) => void response.end(JSON.stringify(await jsonOf(request, 100))),
    onDefect: (error) => defects.push(error),
  });
  const { hostname, port } = new URL(server.url);
  const cut = [
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{',
    'GET / HTTP/1.1\r\nX: ',
  ].map(async (beginning) => {
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    socket.write(beginning);
    return (await socket.toArray()).join('');
  });
  for (const answer of await Promise.all(cut)) expect(answer).toMatch(/^HTTP\/1.1 408 /);
  await server.close();
  expect(defects).toEqual([]);
});

it('cuts off who takes nothing of an answer', async () => {
  const { promise: isTaken, resolve } = Promise.withResolvers<boolean>();
  const server = await serve({
    host: '127.0.0.1',
    port: 0,
    isPortFlexible: false,
    patienceMs: 40,
    onDefect: () => {},
    route: async (_, response) => {
      response.once('close', () => resolve(response.writableFinished));
      // More than the sockets of the loopback take.
      response.end(Buffer.alloc(50_000_000));
    },
  });
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).pause();
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(await isTaken).toBe(false);
  socket.destroy();
  await server.close();
});

it('lets a page in as soon as a crowd has left', async () => {
  const crowd = await Promise.all(Array.from({ length: 200 }, () => open.follow(0).catch(() => null)));
  const statuses = crowd.map((page) => page?.response.statusCode ?? null);
  expect(statuses.filter((status) => status === 200)).toHaveLength(32);
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
  expect((await open.ask('/api/session').catch(() => null))?.status ?? 200).toBe(200);
  for (const page of crowd) page?.cut();
  await vi.waitFor(async () => {
    const page = await open.follow(0);
    page.cut();
    expect(page.response.statusCode).toBe(200);
  });
});

it.each(['x', '-1', '1e9', '99999999999999999999', '%00', "';--"])(
  'tells a page that knows no event of ours, but %s, to begin anew',
  async (after) => {
    const page = await open.follow(after);
    await vi.waitFor(() => expect(page.named('reset')).toHaveLength(1));
    page.cut();
  },
);

describe('with a token', () => {
  it.each([
    '/api/overview',
    '/api/events',
    '/api/signals/x',
    '/charts/x.png',
    '/api/replays',
    '/api/nothing',
  ])('%s is for who has it', async (path) => {
    const without = await guarded.ask(path);
    expect([without.status, without.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const wrong = await guarded.ask(path, { headers: { authorization: 'Bearer a token of twenty-five cx' } });
    expect(wrong.status).toBe(401);
    if (path === '/api/events') return;
    const right = await guarded.ask(path, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(right.status).not.toBe(401);
  });

  it('nothing is changed without it', async () => {
    expect((await guarded.post('/api/replays/stop', {})).status).toBe(401);
  });

  it('the page itself is for everybody, and asks for it', async () => {
    expect((await guarded.ask('/')).status).toBe(200);
    expect((await guarded.ask('/api/session')).json()).toEqual({ needed: true, ok: false });
  });

  it('who gives it has a cookie, until they give it back', async () => {
    const login = await guarded.post('/api/login', { token: TOKEN });
    expect([login.status, login.json()]).toEqual([200, { needed: true, ok: true }]);
    const headers = { cookie: cookieOf(login) };
    expect((await guarded.ask('/api/session', { headers })).json()).toEqual({ needed: true, ok: true });
    expect((await guarded.ask('/api/overview', { headers })).status).toBe(200);
    const out = await guarded.post('/api/logout', {}, headers);
    expect(cookieOf(out)).toBe('cst_dashboard=');
    expect((await guarded.ask('/api/overview', { headers: { cookie: cookieOf(out) } })).status).toBe(401);
  });

  it('a wrong one opens nothing, and none is taken from an address', async () => {
    const wrong = await guarded.post('/api/login', { token: `${TOKEN}x` });
    expect([wrong.status, wrong.headers['set-cookie']]).toEqual([401, undefined]);
    expect(wrong.body.toString()).not.toContain(TOKEN);
    expect((await guarded.ask(`/api/overview?token=${encodeURIComponent(TOKEN)}`)).status).toBe(401);
  });
});
