import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../../schemas/errors.ts';
import {
  answerJson,
  type Handler,
  RequestClock,
  type ScriptedServer,
  startScriptedServer,
} from './rest-client.fixture.ts';
import { RestClient, type RestClientOptions } from './rest-client.ts';

const START = Date.UTC(2026, 2, 1);
const TIMEOUT_MS = 30_000;
/** Half to all of 250 and 500 ms. */
const FIRST_WAIT = [125, 250] as const;

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function begin(handle: Handler, options: Partial<RestClientOptions> = {}) {
  const clock = new RequestClock(START, TIMEOUT_MS);
  const server = await startScriptedServer(clock, handle);
  servers.push(server);
  const client = new RestClient({ baseUrl: server.url, clock, timeoutMs: TIMEOUT_MS, seed: 1, ...options });
  const ask = (path = '/x', signal?: AbortSignal) => clock.during(client.getJson(path, {}, signal));
  const times = () => server.seen.map(({ ms }) => ms - START);
  return { clock, server, client, ask, times };
}

async function failureOf(work: Promise<unknown>): Promise<UpstreamError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UpstreamError);
  return error as UpstreamError;
}

describe('an answer', () => {
  it('is its JSON; the query is part of the address', async () => {
    const { server, client, clock } = await begin((_, response) => answerJson(response, { a: [1] }));
    const query = { symbol: 'A&B', limit: 5 };
    expect(await clock.during(client.getJson('/v5/x', query))).toEqual({ a: [1] });
    expect(server.seen.map(({ path }) => path)).toEqual(['/v5/x?symbol=A%26B&limit=5']);
  });

  it('of 404 is told at once, with what it says', async () => {
    const { ask, server } = await begin((_, response) => response.writeHead(404).end('no such\n path'));
    const { message } = await failureOf(ask());
    expect(message).toBe(`Cannot reach ${server.url}/x: it answered 404. It said “no such path”.`);
    expect(server.seen).toHaveLength(1);
  });

  it('of 403 tells what that usually means', async () => {
    const { ask } = await begin((_, response) => response.writeHead(403).end());
    expect((await failureOf(ask())).message).toContain('may not serve this address or country');
  });

  it('above the bound of bytes is cut off, also where it was small on the way', async () => {
    const body = gzipSync(JSON.stringify('a'.repeat(50_000)));
    const { ask, server } = await begin(
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
      { maxBytes: 10_000 },
    );
    expect(body.length).toBeLessThan(1_000);
    expect((await failureOf(ask())).message).toBe(`${server.url}/x answered more than 10000 bytes.`);
    expect(server.seen).toHaveLength(1);
  });
});

describe('faults that may pass', () => {
  it.each([
    ['5xx', (response: Parameters<Handler>[1]) => void response.writeHead(502).end('<html>')],
    ['a cut connection', (response: Parameters<Handler>[1]) => void response.destroy()],
    ['half an answer', (response: Parameters<Handler>[1]) => void response.end('{"a":')],
  ])('%s: asked again after a growing, jittered wait', async (_, fail) => {
    const { ask, times } = await begin((_url, response, count) =>
      count < 3 ? fail(response) : answerJson(response, 'fine'),
    );
    expect(await ask()).toBe('fine');
    const [first, second, third] = times() as [number, number, number];
    expect(first).toBe(0);
    expect(second - first).toBeGreaterThanOrEqual(FIRST_WAIT[0]);
    expect(second - first).toBeLessThanOrEqual(FIRST_WAIT[1]);
    expect(third - second).toBeGreaterThanOrEqual(2 * FIRST_WAIT[0]);
    expect(third - second).toBeLessThanOrEqual(2 * FIRST_WAIT[1]);
  });

  it('are told after the last attempt', async () => {
    const { ask, times } = await begin((_, response) => response.writeHead(500).end(), { attempts: 3 });
    expect((await failureOf(ask())).message).toContain('it answered 500');
    expect(times()).toHaveLength(3);
  });

  it('that the venue names in its answer are such too', async () => {
    const { ask, times } = await begin((_, response, count) => answerJson(response, { fault: count < 2 }), {
      judge: (_answer, json) => ((json as { fault: boolean }).fault ? 'again' : 'fine'),
    });
    expect(await ask()).toEqual({ fault: false });
    expect(times()).toHaveLength(2);
  });

  it('with nobody listening are told in a plain sentence', async () => {
    const { server, client, clock } = await begin((_, response) => answerJson(response, 1));
    await server.close();
    const { message } = await failureOf(clock.during(client.getJson('/x')));
    expect(message).toBe(
      `Cannot reach ${server.url}/x: nothing listens there: check the address, and that the exchange or its simulator runs.`,
    );
  });

  it('of silence end at the time limit of the clock', async () => {
    const { server, client, clock } = await begin(() => undefined, { attempts: 1 });
    const asking = failureOf(client.getJson('/x'));
    while (server.seen.length === 0) await new Promise(setImmediate);
    await clock.advanceTo(START + TIMEOUT_MS);
    expect((await asking).message).toContain('no answer in time');
  });

  it('of a body that never ends, too', async () => {
    const { server, client, clock } = await begin((_, response) => void response.write('['), { attempts: 1 });
    const asking = failureOf(client.getJson('/x'));
    while (server.seen.length === 0) await new Promise(setImmediate);
    await clock.advanceTo(START + TIMEOUT_MS);
    expect((await asking).message).toContain('no answer in time');
  });
});

describe('asked to wait', () => {
  const refusingOnce =
    (status: number, headers: object): Handler =>
    (_, response, count) =>
      count === 1 ? answerJson(response, {}, status, headers) : answerJson(response, 'fine');

  it.each([
    ['429 with seconds', 429, { 'retry-after': '7' }, 7_000],
    ['418 with seconds', 418, { 'retry-after': '20' }, 20_000],
    ['503 with seconds', 503, { 'retry-after': '3' }, 3_000],
    ['429 with a date', 429, { 'retry-after': new Date(START + 9_000).toUTCString() }, 9_000],
    [
      '429 with a date of a clock that is an hour off',
      429,
      {
        'retry-after': new Date(START + 3_609_000).toUTCString(),
        date: new Date(START + 3_600_000).toUTCString(),
      },
      9_000,
    ],
    ['429 with a date that is past', 429, { 'retry-after': new Date(START - 9_000).toUTCString() }, 0],
  ])('%s: nothing is sent before', async (_, status, headers, waitMs) => {
    const { ask, times } = await begin(refusingOnce(status, headers));
    expect(await ask()).toBe('fine');
    expect(times()).toEqual([0, waitMs]);
  });

  it.each([{}, { 'retry-after': 'soon' }])('without a readable time: waits grow (%j)', async (headers) => {
    const { ask, times } = await begin((_, response, count) =>
      count < 4 ? answerJson(response, {}, 429, headers) : answerJson(response, 'fine'),
    );
    expect(await ask()).toBe('fine');
    const waits = times().map((ms, i, all) => ms - (all[i - 1] ?? 0));
    expect(waits[1]).toBeGreaterThanOrEqual(500);
    expect(waits[2]).toBeGreaterThanOrEqual(1_000);
    expect(waits[3]).toBeGreaterThanOrEqual(2_000);
    expect(waits[3]).toBeLessThanOrEqual(4_000);
  });

  it('all callers keep to it, also those who come later', async () => {
    const { clock, client, times } = await begin(refusingOnce(429, { 'retry-after': '5' }), { atOnce: 1 });
    const first = ['/a', '/b', '/c'].map((path) => client.getJson(path));
    expect(await clock.during(Promise.all(first))).toEqual(['fine', 'fine', 'fine']);
    expect(await clock.during(client.getJson('/d'))).toBe('fine');
    const [begun, ...later] = times();
    expect(begun).toBe(0);
    expect(Math.min(...later)).toBe(5_000);
    expect(later).toHaveLength(4);
  });

  it('longer than a caller’s patience: it is told until when, and nothing is sent meanwhile', async () => {
    const { ask, clock, server } = await begin(refusingOnce(429, { 'retry-after': '600' }));
    const until = new Date(START + 600_000).toISOString();
    expect((await failureOf(ask())).message).toBe(
      `${server.url}/x is asked too often: nothing is sent there before ${until}.`,
    );
    expect((await failureOf(ask('/y'))).message).toContain(until);
    expect(server.seen).toHaveLength(1);
    await clock.advanceTo(START + 600_000);
    expect(await ask()).toBe('fine');
  });

  it('by the venue’s own words, which win over the header', async () => {
    const { ask, times } = await begin(refusingOnce(200, { 'retry-after': '9' }), {
      judge: (_, json) => (json === 'fine' ? 'fine' : { pauseMs: 2_000 }),
    });
    expect(await ask()).toBe('fine');
    expect(times()).toEqual([0, 2_000]);
  });
});

describe('many requests', () => {
  it('are under way in the bounded number, in the order they came', async () => {
    const held: (() => void)[] = [];
    let most = 0;
    const { clock, client, server } = await begin(
      async (_, response) => {
        if (held.push(() => answerJson(response, 1)) !== 3) return;
        // A fourth would come in meanwhile.
        for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
        most = Math.max(most, held.length);
        for (const answer of held.splice(0)) answer();
      },
      { atOnce: 3 },
    );
    const paths = Array.from({ length: 21 }, (_, i) => `/${i}`);
    await clock.during(Promise.all(paths.map((path) => client.getJson(path))));
    expect(most).toBe(3);
    // Among those under way together the network may turn the order.
    for (const [i, { path }] of server.seen.entries()) {
      expect(Math.floor(Number(path.slice(1)) / 3)).toBe(Math.floor(i / 3));
    }
  });

  it('start no faster than the venue counts', async () => {
    const { clock, client, times } = await begin((_, response) => answerJson(response, 1), {
      everyMs: 1_000,
    });
    await clock.during(Promise.all([1, 2, 3, 4].map(() => client.getJson('/x'))));
    expect(times()).toEqual([0, 1_000, 2_000, 3_000]);
  });
});

describe('given up', () => {
  it.each(['under way', 'in the queue', 'between attempts', 'in a pause'])(
    '%s: told at once',
    async (where) => {
      const { clock, client, server } = await begin(
        (_, response) => {
          if (where === 'between attempts') response.writeHead(500).end();
          if (where === 'in a pause') answerJson(response, {}, 429, { 'retry-after': '30' });
        },
        { atOnce: 1 },
      );
      const stop = new AbortController();
      const other = new AbortController();
      const held = where === 'in the queue' ? client.getJson('/held', {}, other.signal) : null;
      held?.catch(() => undefined);
      const asking = failureOf(client.getJson('/x', {}, stop.signal));
      while (server.seen.length === 0) await new Promise(setImmediate);
      for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
      stop.abort();
      expect((await asking).message).toBe(`The request to ${server.url}/x was given up.`);
      other.abort();
      await held?.catch(() => undefined);
      expect(clock.now()).toBe(START);
      expect(server.seen).toHaveLength(1);
      expect((await failureOf(client.getJson('/y', {}, stop.signal))).message).toContain('given up');
    },
  );
});
