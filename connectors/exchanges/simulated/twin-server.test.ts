import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { ManualClock } from '../../clock/manual.ts';
import { ADAPTERS, START, SYMBOLS } from './client.fixture.ts';
import { type ExchangeTwinOptions, type RunningTwin, startExchangeTwin } from './twin-server.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function started(options: Partial<ExchangeTwinOptions> = {}) {
  const clock = new ManualClock(START);
  const twin = await startExchangeTwin({ seed: 1, clock, symbols: SYMBOLS, ...options });
  closers.push(() => twin.close());
  return { clock, twin };
}

/** A bare client; `frames` is what it got. */
async function client(url: string) {
  const socket = new WebSocket(url);
  closers.push(() => socket.terminate());
  const frames: string[] = [];
  const errors: string[] = [];
  socket.on('message', (data) => frames.push(String(data)));
  socket.on('error', (error) => errors.push(error.message));
  await once(socket, 'open');
  return { socket, frames, errors };
}

/** Its code; errors before it are told elsewhere. */
function closeOf(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.on('close', resolve));
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; !isSo(); i++) {
    if (i > 100_000) throw new Error('It does not come to be so.');
    await new Promise(setImmediate);
  }
}

/** Lets the clock of pauses and limits run while REST is asked. */
async function asked<T>(answer: Promise<T>, clock: ManualClock): Promise<T> {
  let isDone = false;
  const done = answer.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await clock.advanceTo(clock.now() + 5);
    await new Promise(setImmediate);
  }
  return done;
}

describe('the exchange twin on sockets', () => {
  it('serves both venues on one port', async () => {
    const { clock, twin } = await started();
    for (const venue of ['bybit', 'kraken'] as const) {
      const { socket, frames } = await client(twin.address(venue).wsUrl);
      const adapter = ADAPTERS[venue];
      const streams = adapter.streams.map((kind) => ({ kind, symbol: SYMBOLS[venue][0] }));
      let id = 0;
      for (const { frame } of adapter.subscribe(streams, () => ++id)) socket.send(frame);
      const mapper = adapter.mapper();
      const kinds = () => new Set(frames.flatMap((frame) => mapper(frame)).map(({ kind }) => kind));
      await until(() => frames.length > 3);
      await clock.advanceTo(clock.now() + 20_000);
      await until(() => adapter.streams.every((kind) => kinds().has(kind)));
      expect(kinds().has('unknown')).toBe(false);
    }
    expect(twin.clients()).toBe(2);
    const origin = twin.httpUrl.replace('http', 'ws');
    for (const path of ['/nope', '//']) await expect(client(`${origin}${path}`)).rejects.toThrow('404');
  });

  it.each(['bybit', 'kraken'] as const)('answers %s’s REST so that its adapter reads it', async (venue) => {
    const { clock, twin } = await started();
    const [symbol] = SYMBOLS[venue];
    await clock.advanceTo(START + 5 * MINUTE_MS);
    const pauses = new ManualClock();
    const rest = ADAPTERS[venue].rest({ baseUrl: twin.address(venue).restUrl, clock: pauses });
    const instruments = await asked(rest.instruments(), pauses);
    expect(instruments.map((each) => each.symbol)).toEqual(SYMBOLS[venue]);
    expect(instruments[0]).toMatchObject({ base: 'BTC', quote: 'USDT', status: 'trading', tickSize: 0.1 });
    const turnovers = await asked(rest.turnovers(), pauses);
    expect([...turnovers.keys()]).toEqual(SYMBOLS[venue]);
    expect(turnovers.get(symbol)!).toBeGreaterThan(1_000_000);
    const trades = await asked(rest.trades({ symbol, from: START }), pauses);
    const inTruth = Array.from({ length: 5 }, (_, i) =>
      twin.twins[venue].truth(symbol, START / MINUTE_MS + i),
    );
    expect(trades).toHaveLength(inTruth.reduce((sum, bar) => sum + bar.trades, 0));
    expect(trades.map(({ seq }) => seq)).toEqual(trades.map(({ seq }) => seq).sort((a, b) => a - b));
    const query = { symbol, interval: '1m', fromMs: START, toMs: START + 5 * MINUTE_MS } as const;
    const bars = await asked(rest.klines(query), pauses);
    expect(bars.map(({ openTime, close, volume }) => ({ openTime, close, volume }))).toEqual(
      inTruth.map(({ openTime, close, volume }) => ({ openTime, close, volume })),
    );
  });

  it('gives Kraken’s trades page by page, none lost and none twice', async () => {
    const { twin } = await started();
    const pauses = new ManualClock();
    const rest = ADAPTERS.kraken.rest({ baseUrl: twin.httpUrl, clock: pauses });
    const trades = await asked(rest.trades({ symbol: 'BTC/USDT', from: START - 120 * MINUTE_MS }), pauses);
    expect(trades.length).toBeGreaterThan(2_500);
    expect(trades.map(({ seq }) => seq)).toEqual(trades.map((_, i) => trades[0]!.seq + i));
  });

  it('refuses handshakes with Retry-After', async () => {
    const { twin, clock } = await started();
    twin.inject([{ kind: 'handshakeRefused', venue: 'kraken', afterMs: 0, forMs: 30_000, status: 429 }]);
    await clock.advanceTo(START + 1_000);
    const socket = new WebSocket(twin.address('kraken').wsUrl);
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number; headers: object },
    ];
    expect([response.statusCode, response.headers]).toMatchObject([429, { 'retry-after': '29' }]);
    await client(twin.address('bybit').wsUrl);
  });

  it('cuts, spoils and silences real sockets', async () => {
    const { twin, clock } = await started();
    const { wsUrl } = twin.address('bybit');
    const cut = await client(wsUrl);
    const closed = closeOf(cut.socket);
    twin.inject([{ kind: 'drop', venue: 'bybit', afterMs: 0 }]);
    await clock.advanceTo(clock.now() + 200);
    expect(await closed).toBe(1006);
    const spoilt = await client(wsUrl);
    const gone = closeOf(spoilt.socket);
    twin.inject([{ kind: 'rawBytes', venue: 'bybit', afterMs: 0, amount: 100 }]);
    await clock.advanceTo(clock.now() + 200);
    expect(await gone).toBe(1006);
    expect(spoilt.errors[0]).toContain('Invalid WebSocket frame');
    const silent = await client(wsUrl);
    twin.inject([{ kind: 'halfOpen', venue: 'bybit', afterMs: 0 }]);
    await clock.advanceTo(clock.now() + 200);
    const other = await client(wsUrl);
    for (const { socket } of [silent, other]) socket.send('{"op":"ping"}');
    await until(() => other.frames.length > 0);
    expect(silent.frames).toEqual([]);
    expect(twin.report().map(({ connections }) => connections)).toEqual([1, 1, 1]);
  });

  it('sends what is too large for a careful client', async () => {
    const { twin, clock } = await started();
    const { socket, errors } = await client(twin.address('bybit').wsUrl);
    const careful = new WebSocket(twin.address('bybit').wsUrl, { maxPayload: 1_000_000 });
    careful.on('error', (error) => errors.push(error.message));
    await once(careful, 'open');
    const gone = closeOf(careful);
    const got = once(socket, 'message');
    twin.inject([{ kind: 'hugeFrame', venue: 'bybit', afterMs: 0, amount: 2_000_000 }]);
    await clock.advanceTo(clock.now() + 200);
    await gone;
    expect(errors).toEqual(['Max payload size exceeded']);
    expect(String((await got)[0]).length).toBeGreaterThan(2_000_000);
  });
});

describe('the control of a twin', () => {
  const call = async (twin: RunningTwin, path: string, init: RequestInit = {}) => {
    const response = await fetch(`${twin.httpUrl}${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const post = (twin: RunningTwin, body: unknown) =>
    call(twin, '/twin/faults', { method: 'POST', body: JSON.stringify(body) });

  it('tells where the venues are', async () => {
    const { twin } = await started();
    expect(await call(twin, '/twin')).toEqual({
      status: 200,
      body: {
        nowMs: START,
        venues: {
          bybit: { ...twin.address('bybit'), symbols: SYMBOLS.bybit, connections: 0 },
          kraken: { ...twin.address('kraken'), symbols: SYMBOLS.kraken, connections: 0 },
        },
      },
    });
  });

  it('takes faults, as a list or as chaos, and tells what they did', async () => {
    const { twin, clock } = await started();
    const drop = { kind: 'drop', venue: 'kraken', afterMs: 1_000 };
    expect(await post(twin, [drop])).toMatchObject({ status: 202, body: { accepted: 1 } });
    const chaos = await post(twin, { chaos: { seed: 7, hours: 1, perHour: 30 } });
    expect(chaos).toMatchObject({ status: 202, body: { accepted: 30 } });
    await client(twin.address('kraken').wsUrl);
    await clock.advanceTo(START + 2_000);
    const { faults } = (await call(twin, '/twin/faults')).body as {
      faults: { fault: object; connections: number }[];
    };
    expect(faults).toHaveLength(31);
    expect(faults.find(({ fault }) => JSON.stringify(fault) === JSON.stringify(drop))).toMatchObject({
      connections: 1,
    });
    const cleared = await call(twin, '/twin/faults', { method: 'DELETE' });
    const due = (cleared.body as { faults: { state: string }[] }).faults.filter(
      ({ state }) => state === 'due',
    );
    expect(due).toEqual([]);
  });

  it('explains what it cannot take', async () => {
    const { twin } = await started();
    expect(await post(twin, [{ kind: 'nope' }])).toMatchObject({ status: 400 });
    expect(await post(twin, [{ kind: 'halt', venue: 'bybit', afterMs: 0, symbol: 'NOPE' }])).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('Expected a symbol of bybit') },
    });
    const text = await call(twin, '/twin/faults', { method: 'POST', body: '{' });
    expect(text.status).toBe(400);
    expect((await call(twin, '/twin/nope')).status).toBe(404);
  });

  it('tells the truth of minutes', async () => {
    const { twin } = await started();
    const path = `/twin/truth?venue=kraken&symbol=BTC/USDT&from=${START}&to=${START + 2 * MINUTE_MS}`;
    const bars = [0, 1].map((i) => twin.twins.kraken.truth('BTC/USDT', START / MINUTE_MS + i));
    expect(await call(twin, path)).toEqual({ status: 200, body: { bars } });
  });

  it('serves neither pages of browsers nor other names', async () => {
    const { twin } = await started();
    const status = async (headers: Record<string, string>) => {
      const asking = request(`${twin.httpUrl}/twin`, { headers }).end();
      const [response] = (await once(asking, 'response')) as [{ statusCode: number; resume(): void }];
      response.resume();
      return response.statusCode;
    };
    expect(await status({})).toBe(200);
    expect(await status({ origin: 'http://example.org' })).toBe(403);
    expect(await status({ host: 'example.org' })).toBe(403);
  });
});
