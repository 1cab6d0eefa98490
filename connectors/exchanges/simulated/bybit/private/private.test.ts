import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Listing } from '../../listing.ts';
import { SimulatedMarket } from '../../market.ts';
import { VenueClock } from '../../venue-clock.ts';
import { BybitAccounts, type BybitAccountsOptions } from './accounts.ts';
import { FLAT, fill, liquidation, triggered } from './position.ts';

const START = Date.UTC(2026, 2, 1, 12);
const KEY = { key: 'k', secret: 's' };
const MARKET = new SimulatedMarket(1);
const LISTINGS = new Map([['LTCUSDT', new Listing(MARKET.of('LTCUSDT'), new VenueClock())]]);

function open(options: Partial<BybitAccountsOptions> = {}) {
  const accounts = new BybitAccounts({ keys: [KEY], ...options });
  accounts.open(LISTINGS, START);
  return accounts;
}

interface Signed {
  readonly stamp?: number;
  readonly sign?: string;
  readonly ms?: number;
}

function ask(
  accounts: BybitAccounts,
  path: string,
  body?: unknown,
  { stamp = START, sign, ms = START }: Signed = {},
) {
  const url = new URL(path, 'http://twin');
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const payload = body === undefined ? url.search.slice(1) : text;
  const right = createHmac('sha256', KEY.secret).update(`${stamp}k5000${payload}`).digest('hex');
  const headers = {
    'x-bapi-api-key': 'k',
    'x-bapi-timestamp': String(stamp),
    'x-bapi-recv-window': '5000',
    'x-bapi-sign': sign ?? right,
  };
  const sent = { method: body === undefined ? 'GET' : 'POST', headers, body: text };
  return accounts.answer(url, ms, sent).body as {
    retCode: number;
    result: { list: Record<string, string>[] };
  };
}

const POSITIONS = '/v5/position/list?category=linear&settleCoin=USDT';

describe('who asks', () => {
  it.each([
    ['in time', {}, 0],
    ['as old as the window', { stamp: START - 5_000 }, 0],
    ['older', { stamp: START - 5_001 }, 10_002],
    ['a little ahead', { stamp: START + 999 }, 0],
    ['further ahead', { stamp: START + 1_000 }, 10_002],
    ['with another signature', { sign: '0'.repeat(64) }, 10_004],
    ['with half a signature', { sign: '0'.repeat(32) }, 10_004],
    ['with words for one', { sign: 'open the door' }, 10_004],
    ['with none', { sign: '' }, 10_004],
  ])('%s gets %s', (_, signed, code) => {
    expect(ask(open(), POSITIONS, undefined, signed).retCode).toBe(code);
  });

  it('is refused without a key that is known, and on paths of another method', () => {
    const accounts = open();
    expect(accounts.answer(new URL(POSITIONS, 'http://twin'), START).body).toMatchObject({ retCode: 10_003 });
    expect(ask(accounts, '/v5/order/create?category=linear').retCode).toBe(10_017);
  });
});

describe('what is refused', () => {
  const last = MARKET.of('LTCUSDT').lastTicks(START) / 100;
  const price = (share: number) => (last * share).toFixed(2);
  const order = {
    category: 'linear',
    symbol: 'LTCUSDT',
    side: 'Buy',
    orderType: 'Limit',
    qty: '1.0',
    price: price(0.99),
    timeInForce: 'PostOnly',
    orderLinkId: 'a',
  };
  it.each([
    ['nothing', {}, 0],
    ['a price between ticks', { price: `${price(0.99)}5` }, 10_001],
    ['a size between lots', { qty: '1.05' }, 10_001],
    ['a size of nothing', { qty: '0' }, 10_001],
    ['no price', { price: undefined }, 10_001],
    ['another product', { category: 'spot' }, 10_001],
    ['a symbol that is not listed', { symbol: 'NOSUCH' }, 10_001],
    ['a number for a text', { qty: 1 }, 10_001],
    ['a name with spaces', { orderLinkId: 'a b' }, 10_001],
    ['a take profit below', { takeProfit: price(0.98) }, 10_001],
    ['a stop loss above', { stopLoss: price(0.995) }, 10_001],
    ['a price far above', { price: price(1.06) }, 110_003],
    ['what is worth too little', { qty: '0.0', price: price(0.99) }, 10_001],
    ['what is worth less than five', { qty: '0.1', price: '1.00' }, 110_094],
    ['what the money does not reach for', { qty: '10000.0' }, 110_007],
    ['to reduce what is not held', { reduceOnly: true, timeInForce: 'IOC' }, 110_017],
    ['to rest and only reduce', { reduceOnly: true }, 10_001],
  ])('%s: %s', (_, of, code) => {
    expect(ask(open(), '/v5/order/create', { ...order, ...of }).retCode).toBe(code);
  });

  it('is an order of a contract that does not trade now', () => {
    const listing = new Listing(MARKET.of('LTCUSDT'), new VenueClock());
    const accounts = new BybitAccounts({ keys: [KEY] });
    accounts.open(new Map([['LTCUSDT', listing]]), START);
    const reopen = listing.close('halted', START);
    const place = (ms: number) => ask(accounts, '/v5/order/create', order, { stamp: ms, ms }).retCode;
    expect(place(START)).toBe(110_074);
    reopen(START + 10);
    expect(place(START + 10)).toBe(0);
  });

  it('is a name that was given, a leverage beyond or as before, a cancel of nothing, and no JSON', () => {
    const accounts = open();
    const leverage = (of: string) =>
      ask(accounts, '/v5/position/set-leverage', { ...order, buyLeverage: of, sellLeverage: of }).retCode;
    expect(ask(accounts, '/v5/order/create', order).retCode).toBe(0);
    expect(ask(accounts, '/v5/order/create', order).retCode).toBe(110_072);
    expect([leverage('101'), leverage('20'), leverage('20')]).toEqual([110_013, 0, 110_043]);
    expect(ask(accounts, '/v5/order/cancel', { ...order, orderLinkId: 'b' }).retCode).toBe(110_001);
    expect(ask(accounts, '/v5/order/create', '{').retCode).toBe(10_001);
  });
});

describe('a position', () => {
  it('adds up as by hand: mean entry, profit of what is closed, the rest turns round', () => {
    const first = fill(FLAT, true, 10, 100);
    const second = fill(first.position, true, 10, 110);
    expect(second).toEqual({
      position: { lots: 20, cost: 2_100, tp: null, sl: null },
      closedLots: 0,
      profit: -0,
    });
    const third = fill(second.position, false, 5, 120);
    expect(third).toEqual({
      position: { lots: 15, cost: 1_575, tp: null, sl: null },
      closedLots: 5,
      profit: 75,
    });
    const fourth = fill(third.position, false, 20, 100);
    expect(fourth).toEqual({
      position: { lots: -5, cost: 500, tp: null, sl: null },
      closedLots: 15,
      profit: -75,
    });
    expect(fill(fourth.position, true, 5, 90)).toEqual({ position: FLAT, closedLots: 5, profit: 50 });
  });

  it('is taken over before its margin is gone, and the worst for it comes first', () => {
    const long = { lots: 10, cost: 1_000, tp: 105, sl: 95 };
    const short = { lots: -10, cost: 1_000, tp: 95, sl: 105 };
    expect(liquidation(long, 10)).toEqual({ at: 90.5, bust: 90 });
    expect(liquidation(short, 10)).toEqual({ at: 109.5, bust: 110 });
    const at = (position: typeof long, ticks: number) => triggered(position, 10, ticks);
    expect([90, 95, 96, 104, 105].map((ticks) => at(long, ticks))).toEqual([
      'LIQUIDATED',
      'SL',
      null,
      null,
      'TP',
    ]);
    expect([110, 105, 104, 96, 95].map((ticks) => at(short, ticks))).toEqual([
      'LIQUIDATED',
      'SL',
      null,
      null,
      'TP',
    ]);
    expect(at(FLAT as typeof long, 1)).toBeNull();
  });
});

it('makes the same executions from the same seed, however its time is driven', () => {
  const executions = (stepMs: number, seed = 3) => {
    const accounts = open({ seed });
    const last = MARKET.of('LTCUSDT').lastTicks(START) / 100;
    const order = {
      category: 'linear',
      symbol: 'LTCUSDT',
      orderType: 'Limit',
      qty: '1500.0',
      timeInForce: 'GTC',
    };
    const levels = { takeProfit: (last * 1.004).toFixed(2), stopLoss: (last * 0.996).toFixed(2) };
    ask(accounts, '/v5/order/create', { ...order, ...levels, side: 'Buy', price: (last - 0.03).toFixed(2) });
    const end = START + 3_600_000;
    for (let ms = START; ms < end; ms += stepMs) accounts.advanceTo(Math.min(ms, end));
    const path = `/v5/execution/list?category=linear&limit=100`;
    return ask(accounts, path, undefined, { stamp: end, ms: end }).result.list;
  };
  const told = executions(100);
  expect(told.length).toBeGreaterThan(2);
  expect(executions(7_777)).toEqual(told);
  expect(executions(3_600_000)).toEqual(told);
  expect(executions(3_600_000, 4).map(({ execId }) => execId)).not.toEqual(told.map(({ execId }) => execId));
});
