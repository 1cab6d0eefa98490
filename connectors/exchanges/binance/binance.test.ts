import { afterEach, describe, expect, it } from 'vitest';
import { BookSnapshot } from '../../../schemas/book-snapshot.ts';
import { HOUR_MS, MINUTE_MS } from '../../../schemas/primitives.ts';
import { decodeTradeBatch } from '../../../schemas/trade-batch.ts';
import { Feed } from '../../feed/feed.ts';
import type { FeedOutput } from '../../feed/feed-io.ts';
import { venueContract } from '../contract.ts';
import {
  answerJson,
  type Handler,
  RequestClock,
  type ScriptedServer,
  startScriptedServer,
} from '../rest-client.fixture.ts';
import type { Instrument } from '../venue.ts';
import { binanceAdapter } from './adapter.ts';
import { FRAMES, TRADE } from './frames.fixture.ts';

const START = Date.UTC(2026, 7, 9);

const contract = (known: object = {}) => ({
  symbol: 'BTCUSDT',
  pair: 'BTCUSDT',
  contractType: 'PERPETUAL',
  status: 'TRADING',
  baseAsset: 'BTC',
  quoteAsset: 'USDT',
  onboardDate: 1_569_398_400_000,
  filters: [
    { filterType: 'PRICE_FILTER', minPrice: '556.80', maxPrice: '4529764', tickSize: '0.10' },
    { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: '1000', stepSize: '0.001' },
  ],
  ...known,
});

const instrument: Instrument = {
  symbol: 'BTCUSDT',
  base: 'BTC',
  quote: 'USDT',
  isPerpetual: true,
  status: 'trading',
  listedMs: 1_569_398_400_000,
  tickSize: 0.1,
  lotSize: 0.001,
};

/** As REST gives it: the n-th aggregate trade. */
const aggregate = (n: number, T: number) => ({
  a: n,
  p: `${100 + (n % 7)}.50`,
  q: '0.25',
  nq: '0.25',
  f: n * 2,
  l: n * 2 + 1,
  T,
  m: n % 2 === 0,
});

const TRADES = Array.from({ length: 5 }, (_, i) => aggregate(700 + i, START + i * 10));

/** What Binance has of these trades for a request; it looks for the first one through less than an hour. */
function tradesFor(url: URL, trades: readonly { readonly a: number; readonly T: number }[]): object[] {
  const asked = (name: string) => Number(url.searchParams.get(name) ?? Number.NaN);
  if (url.searchParams.has('startTime')) expect(asked('endTime') - asked('startTime')).toBeLessThan(HOUR_MS);
  const found = url.searchParams.has('fromId')
    ? trades.filter(({ a }) => a >= asked('fromId'))
    : trades.filter(({ T }) => T >= asked('startTime') && T <= asked('endTime'));
  return found.slice(0, asked('limit'));
}

const bar = (ms: number, volume: string) => [
  ...[ms, '1', '3', '0.5', '2', volume, ms + MINUTE_MS - 1],
  ...[volume === '0' ? '0' : '4', 7, volume === '0' ? '0' : '1.25', '2', '0'],
];

venueContract(binanceAdapter(), {
  frames: FRAMES,
  symbolOf: (n) => `S${n}USDT`,
  namesIn: (frame) => (JSON.parse(frame) as { params: string[] }).params,
  rest: {
    answer: (url) => {
      if (url.pathname === '/fapi/v1/exchangeInfo')
        return { timezone: 'UTC', rateLimits: [], symbols: [contract()] };
      if (url.pathname === '/fapi/v1/ticker/24hr')
        return [{ symbol: 'BTCUSDT', volume: '3', quoteVolume: '15.24' }];
      if (url.pathname === '/fapi/v1/aggTrades') return tradesFor(url, TRADES);
      return [bar(START, '2'), bar(START + MINUTE_MS, '0')];
    },
    instruments: [instrument],
    turnovers: { BTCUSDT: 15.24 },
    trades: {
      symbol: 'BTCUSDT',
      frames: TRADES.map((trade) =>
        JSON.stringify({
          stream: 'btcusdt@aggTrade',
          data: { e: 'aggTrade', E: trade.T + 9, s: 'BTCUSDT', ...trade },
        }),
      ),
    },
    klines: {
      query: { symbol: 'BTCUSDT', interval: '1m', fromMs: START, toMs: START + 2 * MINUTE_MS },
      openTimes: [START, START + MINUTE_MS],
    },
    refusal: {
      status: 400,
      body: { code: -1121, msg: 'Invalid symbol.' },
      words: 'Invalid symbol.',
    },
  },
});

describe('requests', () => {
  it('are what Binance documents: names in lower case, two of a ticker', () => {
    const streams = binanceAdapter().streams.map((kind) => ({ kind, symbol: '1000SHIBUSDT' }));
    expect(binanceAdapter().subscribe(streams, () => 7)).toEqual([
      {
        requestId: '7',
        streams,
        frame:
          '{"method":"SUBSCRIBE","params":["1000shibusdt@aggTrade","1000shibusdt@depth20@100ms","1000shibusdt@markPrice@1s","1000shibusdt@miniTicker","1000shibusdt@kline_1m"],"id":7}',
      },
    ]);
  });
});

describe('frames', () => {
  it('of another symbol than their stream’s, another bar, or without a number are refused', () => {
    const map = binanceAdapter().mapper();
    expect(() => map(TRADE.replace('"s":"BTCUSDT"', '"s":"ETHUSDT"'))).toThrow('Expected data of btcusdt');
    for (const [from, to] of [
      ['"a":3404749954', '"a":-1'],
      ['"q":"0.002"', '"q":"0"'],
      ['"p":"64990.90"', '"p":64990.9'],
      ['"m":true', '"m":1'],
    ] as const) {
      expect(() => map(TRADE.replace(from, to))).toThrow('Expected data as documented from Binance');
    }
  });
});

describe('a feed of Binance', () => {
  it('has books from one address and all else from the other', () => {
    const feed = new Feed({ adapter: binanceAdapter(), startedAt: { market: START, network: START } });
    const outputs: FeedOutput[] = [];
    const give = (input: Parameters<Feed['apply']>[0], ms: number) => {
      const output = feed.apply(input, { market: START + ms, network: START + ms });
      outputs.push(output);
      return output.commands;
    };
    const market = (name: string, data: object) =>
      JSON.stringify({ stream: `btcusdt@${name}`, data: { s: 'BTCUSDT', ...data } });
    expect(give({ kind: 'symbols', symbols: ['BTCUSDT'] }, 0)).toEqual([
      { kind: 'open', connection: 0 },
      { kind: 'open', connection: 1, url: 'wss://fstream.binance.com/public/stream' },
    ]);
    const sent = [0, 1].map((connection) =>
      give({ kind: 'opened', connection }, 10).flatMap((command) =>
        command.kind === 'send' ? (JSON.parse(command.frame) as { params: string[]; id: number }) : [],
      ),
    );
    expect(sent.map((requests) => requests.flatMap(({ params }) => params))).toEqual([
      ['btcusdt@aggTrade', 'btcusdt@markPrice@1s', 'btcusdt@miniTicker', 'btcusdt@kline_1m'],
      ['btcusdt@depth20@100ms'],
    ]);
    for (const connection of [0, 1]) {
      const frame = JSON.stringify({ result: null, id: sent[connection]![0]!.id });
      give({ kind: 'frame', connection, frame }, 20);
    }
    for (let ms = 100; ms < 8_000; ms += 100) {
      const E = START + ms;
      const book = { e: 'depthUpdate', E, u: ms, pu: ms - 100, b: [['99.5', '2']], a: [['100.5', '1']] };
      // Books come from the exchange a little before the trades.
      give({ kind: 'frame', connection: 1, frame: market('depth20@100ms', { ...book, E: E + 40 }) }, ms + 45);
      const trade = { e: 'aggTrade', E, ...aggregate(ms / 100, E - 60) };
      give({ kind: 'frame', connection: 0, frame: market('aggTrade', trade) }, ms + 50);
      give({ kind: 'tick' }, ms + 60);
    }
    const of = (topic: string) =>
      outputs
        .flatMap(({ messages }) => messages.filter((each) => each.topic === topic))
        .flatMap((each) => each.messages);
    const seqs = of('raw-tick-data').flatMap(({ data }) => {
      const batch = decodeTradeBatch(data);
      return Array.from({ length: batch.count }, (_, row) => batch.trade(row).seq);
    });
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1));
    expect(seqs.length).toBeGreaterThan(75);
    const snapshots = of('book-snapshots').map(({ data }) =>
      BookSnapshot.parse(JSON.parse(Buffer.from(data).toString())),
    );
    // The first second began before the subscription.
    const whole = snapshots.slice(1);
    expect(whole.length).toBeGreaterThan(5);
    for (const snapshot of whole) {
      expect(snapshot).toMatchObject({ connected: true, bestBid: 99.5, bestAsk: 100.5, desyncMs: 0 });
    }
    expect(of('dead-letters')).toEqual([]);
  });
});

describe('REST', () => {
  const servers: ScriptedServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const begin = async (handle: Handler) => {
    const clock = new RequestClock(START, 30_000);
    const server = await startScriptedServer(clock, handle);
    servers.push(server);
    return { clock, server, rest: binanceAdapter().rest({ baseUrl: server.url, clock, seed: 1 }) };
  };

  it('gives trades of as many pages as it takes, though many share an instant', async () => {
    const trades = Array.from({ length: 2_500 }, (_, i) => aggregate(i, START - 60_000 + (i >> 9)));
    const { clock, rest, server } = await begin((url, response) =>
      answerJson(response, tradesFor(url, trades)),
    );
    const got = await clock.during(rest.trades({ symbol: 'BTCUSDT', from: START - 60_000 + 1 }));
    expect(got.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_500 - 512 }, (_, i) => 512 + i));
    expect(got[0]).toMatchObject({ tradeId: '512', side: 'SELL', price: 101.5 });
    expect(server.seen).toHaveLength(2);
    // Binance's 2,400 weights a minute bear one page each 500 ms.
    expect(server.seen[1]!.ms - server.seen[0]!.ms).toBeGreaterThanOrEqual(600);
  });

  it('looks through silent hours for the first trade, up to now', async () => {
    const trades = [aggregate(5, START - HOUR_MS / 2)];
    const { clock, rest, server } = await begin((url, response) =>
      answerJson(response, tradesFor(url, trades)),
    );
    const ask = (from: number) => clock.during(rest.trades({ symbol: 'BTCUSDT', from }));
    expect(await ask(START - 2.75 * HOUR_MS)).toHaveLength(1);
    expect(server.seen).toHaveLength(3);
    expect(await ask(START - 60_000)).toEqual([]);
    expect(server.seen).toHaveLength(4);
  });

  it('tells whether contracts are traded, and are perpetual', async () => {
    const symbols = [
      contract({ status: 'PENDING_TRADING', onboardDate: 0 }),
      contract({ status: 'SETTLING' }),
      contract({ status: 'CLOSE', contractType: 'CURRENT_QUARTER' }),
    ];
    const { clock, rest } = await begin((_, response) => answerJson(response, { symbols }));
    const found = await clock.during(rest.instruments());
    expect(found.map(({ status }) => status)).toEqual(['halted', 'halted', 'closed']);
    expect(found.map(({ isPerpetual }) => isPerpetual)).toEqual([true, true, false]);
    expect(found[0]?.listedMs).toBeNull();
  });

  it('tries again after a timeout of Binance’s own', async () => {
    const { clock, rest, server } = await begin((_, response, count) =>
      count === 1
        ? answerJson(response, { code: -1007, msg: 'Timeout.' }, 408)
        : answerJson(response, [{ symbol: 'A', quoteVolume: '1' }]),
    );
    expect(await clock.during(rest.turnovers())).toEqual(new Map([['A', 1]]));
    expect(server.seen).toHaveLength(2);
  });
});
