import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../schemas/errors.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import { needRealData } from '../../../test/real-data.ts';
import {
  answerJson,
  type Handler,
  RequestClock,
  type ScriptedServer,
  startScriptedServer,
} from '../rest-client.fixture.ts';
import { bybitAdapter } from './adapter.ts';
import {
  CAPTURE,
  capturedFrames,
  capturedRest,
  type TradeWire,
  tradeText,
  tradeWire,
} from './frames.fixture.ts';
import { bybitMapper } from './map.ts';

const START = Date.UTC(2026, 7, 9);
const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function begin(handle: Handler) {
  const clock = new RequestClock(START, 30_000);
  const server = await startScriptedServer(clock, handle);
  servers.push(server);
  return { clock, server, rest: bybitAdapter().rest({ baseUrl: server.url, clock, seed: 1 }) };
}

/** Answers every request with this result. */
function saying(result: unknown): Handler {
  return (_, response) =>
    answerJson(response, { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: START });
}

function contract(known: object = {}): object {
  return {
    symbol: 'BTCUSDT',
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: 'BTC',
    quoteCoin: 'USDT',
    launchTime: '1584230400000',
    priceFilter: { tickSize: '0.10' },
    lotSizeFilter: { qtyStep: '0.001' },
    ...known,
  };
}

describe('instruments', () => {
  it('are read of all pages', async () => {
    const { clock, rest, server } = await begin((url, response) => {
      const cursor = url.searchParams.get('cursor');
      const list = [contract({ symbol: cursor === null ? 'A' : 'B' })];
      saying({ category: 'linear', list, nextPageCursor: cursor === null ? 'a&b' : '' })(url, response, 1);
    });
    const found = await clock.during(rest.instruments());
    expect(found.map(({ symbol }) => symbol)).toEqual(['A', 'B']);
    expect(server.seen.map(({ path }) => path)).toEqual([
      '/v5/market/instruments-info?category=linear&limit=1000',
      '/v5/market/instruments-info?category=linear&limit=1000&cursor=a%26b',
    ]);
  });

  it('of pages without end are refused', async () => {
    const { clock, rest } = await begin(saying({ list: [], nextPageCursor: 'again' }));
    await expect(clock.during(rest.instruments())).rejects.toThrow('at most 20 pages');
  });

  it('tell whether they are traded, and are perpetual', async () => {
    const list = [
      contract(),
      contract({ status: 'PreLaunch', launchTime: '0' }),
      contract({ status: 'Settling' }),
      contract({ status: 'Delivering' }),
      contract({ status: 'Closed', contractType: 'LinearFutures' }),
    ];
    const { clock, rest } = await begin(saying({ list }));
    const found = await clock.during(rest.instruments());
    expect(found[0]).toEqual({
      symbol: 'BTCUSDT',
      base: 'BTC',
      quote: 'USDT',
      isPerpetual: true,
      status: 'trading',
      listedMs: 1_584_230_400_000,
      tickSize: 0.1,
      lotSize: 0.001,
    });
    expect(found.map(({ status }) => status)).toEqual(['trading', 'halted', 'halted', 'closed', 'closed']);
    expect(found[1]?.listedMs).toBeNull();
    expect(found[4]?.isPerpetual).toBe(false);
  });

  it('captured from Bybit are read to the last one', async (context) => {
    const [linear] = capturedRest(needRealData(context, CAPTURE));
    const { clock, rest } = await begin((_, response) => answerJson(response, linear));
    const found = await clock.during(rest.instruments());
    expect(found).toHaveLength(800);
    expect(found.filter(({ isPerpetual, quote }) => isPerpetual && quote === 'USDT')).toHaveLength(692);
    expect(found.every(({ tickSize, lotSize, listedMs }) => tickSize > 0 && lotSize > 0 && listedMs)).toBe(
      true,
    );
  });
});

it('turnovers are those that are known', async () => {
  const list = [
    { symbol: 'A', turnover24h: '1142118412.9021' },
    { symbol: 'B', turnover24h: '0' },
    { symbol: 'C', turnover24h: '' },
  ];
  const { clock, rest } = await begin(saying({ list }));
  expect(await clock.during(rest.turnovers())).toEqual(
    new Map([
      ['A', 1142118412.9021],
      ['B', 0],
    ]),
  );
});

describe('recent trades', () => {
  const restTrade = ({ T, s, S, v, p, i, seq }: TradeWire) => ({
    execId: i,
    symbol: s,
    price: p,
    size: v,
    side: S,
    time: String(T),
    isBlockTrade: false,
    isRPITrade: false,
    seq: String(seq),
  });
  const newestFirst = (wires: readonly TradeWire[]) =>
    saying({ category: 'linear', list: wires.map(restTrade).reverse() });
  const bySocket = (wires: readonly TradeWire[]) =>
    bybitMapper()(tradeText(wires)).flatMap((event) => (event.kind === 'trades' ? event.trades : []));
  const askFrom = async (from: TradeRow | number, wires: readonly TradeWire[]) => {
    const { clock, rest } = await begin(newestFirst(wires));
    return clock.during(rest.trades({ symbol: 'BTCUSDT', from }));
  };

  it('are the same as by the socket, seq included, however orders sweep', async () => {
    const { clock, rest, server } = await begin((url, response) => newestFirst(answer)(url, response, 1));
    let answer: TradeWire[] = [];
    const fills = fc.array(fc.record({ step: fc.nat(2), ms: fc.nat(3) }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fills, async (steps) => {
        let [seq, T] = [1_000, 1_700_000_000_000];
        answer = steps.map(({ step, ms }, i) => {
          seq += step;
          // Fills of one order have one time.
          if (step > 0) T += ms;
          return tradeWire({ i: `t${i}`, seq, T });
        });
        const got = await clock.during(rest.trades({ symbol: 'BTCUSDT', from: 0 }));
        expect(got).toEqual(bySocket(answer));
      }),
      { seed: 1, numRuns: 100 },
    );
    expect(server.seen[0]?.path).toBe('/v5/market/recent-trade?category=linear&symbol=BTCUSDT&limit=1000');
  });

  it('captured by the socket come out the same by REST', async (context) => {
    const frames = capturedFrames(needRealData(context, CAPTURE), 2).filter((text) =>
      text.includes('"publicTrade.SOL'),
    );
    const wires = frames.flatMap((text) => (JSON.parse(text) as { data: TradeWire[] }).data);
    const { clock, rest } = await begin(newestFirst(wires));
    const got = await clock.during(rest.trades({ symbol: 'SOLUSDT', from: 0 }));
    expect(got).toHaveLength(165);
    const events = frames.flatMap(bybitMapper());
    expect(got).toEqual(events.flatMap((event) => (event.kind === 'trades' ? event.trades : [])));
  });

  it('begin with the known one, or at its time where it is not among them', async () => {
    const wires = [10, 10, 11, 12].map((ms, i) => tradeWire({ i: `t${i}`, seq: i, T: ms }));
    const rows = bySocket(wires);
    const ids = (got: readonly TradeRow[]) => got.map(({ tradeId }) => tradeId);
    expect(ids(await askFrom(rows[1]!, wires))).toEqual(['t1', 't2', 't3']);
    expect(ids(await askFrom({ ...rows[1]!, tradeId: 'gone' }, wires))).toEqual(['t0', 't1', 't2', 't3']);
    expect(ids(await askFrom(11, wires))).toEqual(['t2', 't3']);
    expect(ids(await askFrom(99, wires))).toEqual([]);
  });

  it('of an order that the end of the list may have cut are left out', async () => {
    const sweep = Array.from({ length: 3 }, (_, i) => tradeWire({ i: `old${i}`, seq: 1 }));
    const later = Array.from({ length: 998 }, (_, i) => tradeWire({ i: `t${i}`, seq: 2 + i }));
    const all = [...sweep, ...later];
    const full = await askFrom(0, all.slice(-1_000));
    expect(full).toEqual(bySocket(all).slice(3));
    const short = await askFrom(0, all.slice(-999));
    expect(short).toHaveLength(999);
  });

  it('of another symbol, or that are none, are refused', async () => {
    for (const odd of [{ s: 'ETHUSDT' }, { p: '0' }, { S: 'buy' }, { i: '' }, { v: '1e5' }]) {
      await expect(askFrom(0, [tradeWire(), tradeWire(odd)])).rejects.toThrow(UpstreamError);
    }
    const { clock, rest } = await begin(saying({ list: [{ ...restTrade(tradeWire()), seq: undefined }] }));
    await expect(clock.during(rest.trades({ symbol: 'BTCUSDT', from: 0 }))).rejects.toThrow('another form');
  });
});

describe('bars', () => {
  const row = (ms: number, volume: string) => [
    String(ms),
    '1',
    '3',
    '0.5',
    '2',
    volume,
    volume === '0' ? '0' : '4',
  ];

  it('are those that have closed, oldest first, of as many pages as it takes', async () => {
    const MINUTE = 60_000;
    const { clock, rest, server } = await begin((url, response) => {
      const [start, end] = [Number(url.searchParams.get('start')), Number(url.searchParams.get('end'))];
      const list: string[][] = [];
      for (let ms = end; ms >= start; ms -= MINUTE) list.push(row(ms, ms === START ? '0' : '2'));
      saying({ category: 'linear', symbol: 'X', list })(url, response, 1);
    });
    const query = { symbol: 'X', interval: '1m', fromMs: START - 1, toMs: START + 1_500.5 * MINUTE } as const;
    const bars = await clock.during(rest.klines(query));
    expect(bars.map(({ openTime }) => openTime)).toEqual(
      Array.from({ length: 1_500 }, (_, i) => START + i * MINUTE),
    );
    expect(server.seen).toHaveLength(2);
    expect(bars[0]).toMatchObject({ filled: true, vwap: null, turnover: 0, complete: true, revision: 1 });
    expect(bars[1]).toMatchObject({ open: 1, high: 3, low: 0.5, close: 2, volume: 2, vwap: 2, trades: null });
    const empty = { ...query, toMs: START } as const;
    expect(await clock.during(rest.klines(empty))).toEqual([]);
  });
});

describe('refusals', () => {
  it('are told with Bybit’s words and code', async () => {
    const { clock, rest, server } = await begin((_, response) =>
      answerJson(response, { retCode: 10001, retMsg: 'Symbol Is Invalid', result: {} }),
    );
    await expect(clock.during(rest.trades({ symbol: 'NOPE', from: 0 }))).rejects.toThrow(
      'was refused: Symbol Is Invalid (code 10001).',
    );
    expect(server.seen).toHaveLength(1);
  });

  it('for too many visits end when Bybit says, by Bybit’s clock', async () => {
    const { clock, rest, server } = await begin((url, response, count) => {
      if (count > 1) return saying({ list: [] })(url, response, count);
      const headers = {
        'x-bapi-limit-reset-timestamp': String(START + 7_204_000),
        date: new Date(START + 7_200_000).toUTCString(),
      };
      answerJson(response, { retCode: 10006, retMsg: 'Too many visits!', result: {} }, 200, headers);
    });
    await clock.during(rest.turnovers());
    expect(server.seen.map(({ ms }) => ms - START)).toEqual([0, 4_000]);
  });

  it('for access too frequent bring ten minutes of silence', async () => {
    const { clock, rest, server } = await begin((_, response) =>
      response.writeHead(403).end('403, access too frequent'),
    );
    const until = new Date(START + 600_000).toISOString();
    await expect(clock.during(rest.turnovers())).rejects.toThrow(until);
    await expect(clock.during(rest.instruments())).rejects.toThrow(until);
    expect(server.seen).toHaveLength(1);
  });

  it('for a fault of Bybit’s own are tried again', async () => {
    const { clock, rest, server } = await begin((url, response, count) =>
      count > 1
        ? saying({ list: [] })(url, response, count)
        : answerJson(response, { retCode: 10016, retMsg: 'Server error', result: {} }),
    );
    expect(await clock.during(rest.turnovers())).toEqual(new Map());
    expect(server.seen).toHaveLength(2);
  });

  it('in another form are told as such', async () => {
    const { clock, rest } = await begin((_, response) => answerJson(response, ['maintenance']));
    await expect(clock.during(rest.turnovers())).rejects.toThrow('got another form');
  });
});
