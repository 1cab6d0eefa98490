import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../connectors/bus/port.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { type Candle, closeTime } from '../../schemas/candle.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { DEFAULT_MACRO_PARAMS } from '../../schemas/macro-params.ts';
import { INTERVAL_MS, MINUTE_MS, pairOf } from '../../schemas/primitives.ts';
import { candle } from '../../transforms/candle.fixture.ts';
import { bearerOf } from '../bearer.ts';
import type { CandleQuery, CandleSource } from './gather.ts';
import { type MacroHandlerOptions, macroHandler } from './handler.ts';
import { START, trend } from './market.fixture.ts';
import type { MacroPair, MacroRun } from './run.ts';

const SECRET = 'a secret of the timer';
/** Where the rising market of the fixture engages. */
const SLOT = START + 100 * INTERVAL_MS['4h'];
const RISING = trend(1);
const BTC: MacroPair = {
  pair: 'BTCUSDT',
  instruments: [
    { venue: 'bybit', symbol: 'BTCUSDT' },
    { venue: 'kraken', symbol: 'BTC/USDT' },
  ],
};
const ETH: MacroPair = { pair: 'ETHUSDT', instruments: [{ venue: 'bybit', symbol: 'ETHUSDT' }] };

/** Bars of the rising market under the asked name. */
const whole: CandleSource = async ({ venue, symbol, interval, fromMs, toMs }) =>
  RISING.filter((bar) => bar.interval === interval && bar.openTime >= fromMs && bar.openTime < toMs).map(
    (bar) => candle({ ...bar, venue, symbol }),
  );
const nothing: CandleSource = async () => [];
const down: CandleSource = async () => {
  throw new UpstreamError('it is down');
};

/** An engine behind a real HTTP server; each test changes what it needs. */
const world = {
  clock: new ManualClock(),
  pairs: [BTC, ETH] as MacroPair[],
  known: whole,
  exchange: nothing,
  published: [] as { topic: string; message: OutgoingMessage }[],
  complaints: [] as string[],
  authorize: bearerOf(SECRET) as MacroHandlerOptions['authorize'],
};

const handler = macroHandler({
  get clock() {
    return world.clock;
  },
  get pairs() {
    return world.pairs;
  },
  known: (query) => world.known(query),
  exchange: (query) => world.exchange(query),
  onFailure: (failure) => world.complaints.push(failure),
  onError: (error) => world.complaints.push(String(error)),
  bus: {
    async publish(topic, messages) {
      world.published.push(...messages.map((message) => ({ topic, message })));
    },
  },
  params: DEFAULT_MACRO_PARAMS,
  authorize: (request) => world.authorize(request),
});
const server = createServer((request, response) => void handler(request, response));

beforeEach(async () => {
  world.clock = new ManualClock(SLOT + 30_000);
  world.pairs = [BTC, ETH];
  world.known = whole;
  world.exchange = nothing;
  world.published = [];
  world.complaints = [];
  world.authorize = bearerOf(SECRET);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function post(query = '', init: RequestInit = {}) {
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: `Bearer ${SECRET}` };
  const response = await fetch(`http://127.0.0.1:${port}/${query}`, { method: 'POST', headers, ...init });
  return { status: response.status, body: (await response.json()) as MacroRun & { error?: string } };
}

const biases = () =>
  world.published
    .filter(({ topic }) => topic === 'macro-bias-updates')
    .map(({ message }) => MacroBias.parse(JSON.parse(Buffer.from(message.data).toString())));
const bytes = () =>
  world.published.map(({ topic, message }) => [
    topic,
    message.attributes,
    message.orderingKey,
    String(message.data),
  ]);

describe('a timer', () => {
  it('gets bias and swing signal of each pair published', async () => {
    const { status, body } = await post();
    expect(status).toBe(200);
    expect(body).toEqual({
      slot: new Date(SLOT).toISOString(),
      decided: ['BTCUSDT', 'ETHUSDT'].map((pair) => ({
        pair,
        bias: 'LONG',
        confidence: { long: 80, short: 0 },
        swing: true,
      })),
      failed: [],
    });
    const swings = world.published.filter(({ topic }) => topic === 'trade-signals-macro');
    expect(swings.map(({ message }) => message.attributes)).toMatchObject(
      ['BTCUSDT', 'ETHUSDT'].map((pair) => ({ id: `${pair}:LONG:${SLOT}`, ts: String(SLOT) })),
    );
    expect(SwingSignal.parse(JSON.parse(String(swings[0]?.message.data)))).toMatchObject({ entry: 5_800 });
    expect(
      biases()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([`BTCUSDT:${SLOT}`, `ETHUSDT:${SLOT}`]);
    expect(world.published.every(({ message }) => ['BTCUSDT', 'ETHUSDT'].includes(message.orderingKey))).toBe(
      true,
    );
    expect(world.complaints).toEqual([]);
  });

  it('gets the same bytes from any run of a slot, also much later', async () => {
    await post();
    const first = bytes().sort();
    world.published = [];
    world.clock = new ManualClock(SLOT + 10 * INTERVAL_MS['4h']);
    await post(`?slot=${new Date(SLOT).toISOString()}`);
    expect(bytes().sort()).toEqual(first);
  });

  it('waits until the bars of the slot have settled', async () => {
    world.clock = new ManualClock(SLOT);
    const asked: CandleQuery[] = [];
    world.known = async (query) => {
      asked.push(query);
      return whole(query);
    };
    const waiting = post();
    // The request has come when the clock has a waiter; until then there is nothing to advance.
    while (asked.length === 0) {
      expect(world.clock.now()).toBeLessThanOrEqual(SLOT + 10_000);
      await new Promise(setImmediate);
      if (world.clock.now() < SLOT + 10_000) await world.clock.advanceTo(world.clock.now() + 1_000);
    }
    expect(world.clock.now()).toBe(SLOT + 10_000);
    expect((await waiting).status).toBe(200);
  });
});

describe('who is not the timer', () => {
  it.each([
    ['nothing', {}],
    ['another secret', { authorization: 'Bearer another secret, long' }],
    ['the secret alone', { authorization: SECRET }],
  ])('is refused with %s, and nothing is done', async (_, headers) => {
    expect(await post('?slot=x', { headers })).toEqual({ status: 401, body: { error: 'Not authorized.' } });
    expect(await post('', { headers, method: 'GET' })).toMatchObject({ status: 401 });
    expect(world.published).toEqual([]);
  });

  it('is told to come again where the check itself fails, and no more', async () => {
    world.authorize = () => Promise.reject(new UpstreamError('no keys'));
    expect(await post()).toEqual({ status: 503, body: { error: 'It failed: the log says why.' } });
    expect(world.published).toEqual([]);
    expect(world.complaints).toEqual(['UpstreamError: no keys']);
  });

  it('cannot have a secret that can be guessed', () => {
    expect(() => bearerOf('short')).toThrow('at least 16 characters, got 5');
  });
});

describe('a wrong request', () => {
  it.each([
    ['?slot=yesterday', 'Expected a slot like'],
    [`?slot=${new Date(SLOT + 1).toISOString()}`, 'whole 15 minutes'],
    [`?slot=${new Date(SLOT + 15 * MINUTE_MS).toISOString()}`, 'that has come'],
  ])('%s is refused with a reason', async (query, reason) => {
    const { status, body } = await post(query);
    expect(status).toBe(400);
    expect(body.error).toContain(reason);
  });

  it('GET is refused', async () => {
    expect((await post('', { method: 'GET' })).status).toBe(405);
  });
});

describe('candles that are missing', () => {
  const HOLE = SLOT - 5 * INTERVAL_MS['1h'];
  const holed: CandleSource = async (query) => {
    const bars = await whole(query);
    if (query.interval !== '1h') return bars;
    return bars
      .filter(({ openTime }) => openTime !== HOLE)
      .map((bar) => (bar.openTime === HOLE + INTERVAL_MS['1h'] ? candle({ ...bar, complete: false }) : bar));
  };

  it('are asked of the exchange, those alone', async () => {
    world.known = holed;
    world.pairs = [ETH];
    const asked: CandleQuery[] = [];
    world.exchange = async (query) => {
      asked.push(query);
      return whole(query);
    };
    expect((await post()).status).toBe(200);
    // Of 4h bars the market has but 100, and there is no knowing that the exchange has no older ones.
    expect(asked.map(({ interval, fromMs, toMs }) => ({ interval, fromMs, toMs }))).toEqual([
      { interval: '1h', fromMs: HOLE, toMs: HOLE + 2 * INTERVAL_MS['1h'] },
      { interval: '4h', fromMs: expect.any(Number), toMs: START },
    ]);
    expect(biases()[0]).toMatchObject({ bias: 'LONG', confidence: { long: 80 } });
  });

  it('are all that is taken of the exchange: our own complete bars stay', async () => {
    world.pairs = [ETH];
    const isHole = ({ interval, openTime }: Candle) =>
      interval === '1h' && [2, 9].includes((SLOT - openTime) / INTERVAL_MS['1h']);
    world.known = async (query) => (await whole(query)).filter((bar) => !isHole(bar));
    world.exchange = async (query) =>
      (await whole(query)).map((bar) => (isHole(bar) ? bar : candle({ ...bar, close: bar.close / 2 })));
    await post();
    const mended = bytes();
    world.known = whole;
    world.published = [];
    await post();
    expect(bytes()).toEqual(mended);
  });

  it('stop the run of their pair alone while the exchange may come back', async () => {
    world.known = async (query) => (query.symbol === 'ETHUSDT' ? holed(query) : whole(query));
    world.exchange = async (query) => (query.symbol === 'ETHUSDT' ? down(query) : nothing(query));
    const { status, body } = await post();
    expect(status).toBe(503);
    expect(body.decided.map(({ pair }) => pair)).toEqual(['BTCUSDT']);
    expect(body.failed).toEqual([
      { pair: 'ETHUSDT', reason: expect.stringContaining('ETHUSDT 1h: it is down') },
    ]);
    expect(biases().map(({ pair }) => pair)).toEqual(['BTCUSDT']);
  });

  it('lower what is said where it does not', async () => {
    world.known = holed;
    world.exchange = down;
    world.pairs = [ETH];
    world.clock = new ManualClock(SLOT + 5 * MINUTE_MS);
    expect((await post()).status).toBe(200);
    expect(biases()[0]).toMatchObject({ bias: null, confidence: { long: 56, short: 0 } });
    expect(biases()[0]!.reasons.at(-1)).toBe('1h not judged: 3 complete bars in a row known, 100 needed');
  });

  it('are asked of the exchange where our own store is down, which is told', async () => {
    world.known = down;
    world.exchange = whole;
    expect((await post()).status).toBe(200);
    expect(biases().map(({ bias }) => bias)).toEqual(['LONG', 'LONG']);
    expect(world.complaints).toContain('known candles of bybit:BTCUSDT 4h: it is down');
  });

  it('let another exchange judge, without a swing at its price', async () => {
    world.pairs = [BTC];
    world.known = nothing;
    world.exchange = (query) => (query.venue === 'kraken' ? whole(query) : down(query));
    const { status, body } = await post();
    expect(status).toBe(200);
    expect(body.decided).toMatchObject([{ pair: 'BTCUSDT', bias: 'LONG', swing: false }]);
    expect(biases()[0]!.reasons.at(-1)).toBe('judged by kraken:BTC/USDT');
    expect(world.published.length).toBe(1);
  });
});

it('looks at no bar that closes after the slot', async () => {
  let newest = 0;
  world.known = async (query) => {
    const bars = await whole(query);
    newest = Math.max(newest, ...bars.map(closeTime));
    return bars;
  };
  await post();
  expect(newest).toBe(SLOT);
  expect(pairOf('BTC/USDT')).toBe('BTCUSDT');
});
