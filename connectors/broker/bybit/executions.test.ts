import { afterEach, describe, expect, it } from 'vitest';
import { fundingRate } from '../../exchanges/simulated/bybit/ticker.ts';
import { SimulatedMarket, type Fill as Trade } from '../../exchanges/simulated/market.ts';
import { sizeOf } from '../contract.ts';
import type { BracketOrder, Fill } from '../port.ts';
import { type BrokerTwin, type BrokerTwinOptions, startBrokerTwin } from './twin.fixture.ts';

const SYMBOL = 'LTCUSDT';
const TICK = 0.01;
const LOT = 0.1;
const MINUTE_MS = 60_000;

let twin: BrokerTwin;
afterEach(() => twin.close());

async function start(options: BrokerTwinOptions = {}) {
  twin = await startBrokerTwin({ stepMs: 10_000, ...options });
  return { broker: twin.broker(), market: twin.twin.market.of(SYMBOL) };
}

const SIDES = [
  ['LONG', 1],
  ['SHORT', -1],
] as const;

function entry(of: Partial<BracketOrder> = {}): BracketOrder {
  const price = twin.last(SYMBOL);
  const way = of.side === 'SHORT' ? -1 : 1;
  const levels = {
    limit: price * (1 + way * 0.002),
    tp: price * (1 + way * 0.04),
    sl: price * (1 - way * 0.04),
  };
  return {
    clientId: 'e-1',
    symbol: SYMBOL,
    side: 'LONG',
    size: 3,
    lives: 'now',
    leverage: 5,
    ...levels,
    ...of,
  };
}

/** The market's first trade from now on for which it holds. */
function firstTrade(holds: (price: number) => boolean, withinMs = 240 * MINUTE_MS): Trade {
  const now = twin.clock.now();
  const found = twin.twin.market
    .of(SYMBOL)
    .fills(now, now + withinMs)
    .find(({ ticks }) => holds(priceOf(ticks)));
  return found ?? expect.unreachable();
}

function priceOf(ticks: number): number {
  return Number((ticks * TICK).toFixed(2));
}

/** A time before the market moves by 1 % this way, and not the other. */
function beforeMove(way: number): number {
  const market = new SimulatedMarket(1).of(SYMBOL);
  for (let ms = Date.UTC(2026, 2, 1, 8); ; ms += 10 * MINUTE_MS) {
    const start = market.lastTicks(ms);
    const first = market
      .fills(ms, ms + 60 * MINUTE_MS)
      .find(({ ticks }) => Math.abs(ticks / start - 1) > 0.01);
    if (first && Math.sign(first.ticks - start) === way) return ms;
  }
}

async function passTo(ms: number): Promise<void> {
  await twin.pass(ms - twin.clock.now());
}

describe('a bracket', () => {
  it.each(SIDES.flatMap(([side, way]) => [[side, 'TP', way] as const, [side, 'SL', -way] as const]))(
    'of a %s closes it at the first trade beyond its %s',
    async (side, cause, direction) => {
      const { broker } = await start({ startMs: beforeMove(direction) });
      const order = entry({ side, ...levelsNear(side, cause) });
      await broker.place(order);
      const level = cause === 'TP' ? order.tp : order.sl;
      const trade = firstTrade((price) => (price - level) * direction >= 0);
      await passTo(trade.ts);
      expect(await broker.positions()).toHaveLength(1);
      await passTo(trade.ts + 1_000);
      expect(await broker.positions()).toEqual([]);
      const exits = (await broker.fills(0)).filter((fill) => fill.cause === cause);
      expect(sizeOf(exits)).toBeCloseTo(3, 9);
      for (const fill of exits) {
        expect(fill).toMatchObject({ clientId: null, side, ts: trade.ts, isMaker: false });
        // Sold to the best bid, the last price; bought a tick above it.
        expect(Math.abs(fill.price - priceOf(trade.ticks))).toBeLessThanOrEqual(TICK * 1.001);
      }
    },
  );

  /** A level a few ticks off that the market reaches, and one that it does not reach before. */
  function levelsNear(side: 'LONG' | 'SHORT', cause: 'TP' | 'SL') {
    const price = twin.last(SYMBOL);
    const isUp = (side === 'LONG') === (cause === 'TP');
    const near = isUp ? 1 : -1;
    const [hit, far] = [price * (1 + near * 0.003), price * (1 - near * 0.04)];
    const limit = price * (side === 'LONG' ? 1.001 : 0.999);
    return cause === 'TP' ? { limit, tp: hit, sl: far } : { limit, sl: hit, tp: far };
  }
});

describe('a resting order', () => {
  it('is filled part by part by those who trade through it, as maker, at its price', async () => {
    const { broker, market } = await start();
    const limit = Number((twin.last(SYMBOL) - 0.02).toFixed(2));
    const from = twin.clock.now();
    await broker.place(entry({ lives: 'resting', limit, size: 300 }));
    const through = firstTrade((price) => price < limit);
    await passTo(through.ts + 1);
    const lots = market
      .fills(from, through.ts + 1)
      .filter(({ ticks }) => priceOf(ticks) < limit)
      .reduce((sum, trade) => sum + trade.lots, 0);
    const filled = Number((lots * LOT).toFixed(1));
    expect(filled).toBeLessThan(300);
    expect(await broker.order(SYMBOL, 'e-1')).toMatchObject({ status: 'open', filled, reason: null });
    expect(await broker.openOrders()).toMatchObject([{ clientId: 'e-1', filled }]);
    const fills = await broker.fills(0);
    for (const fill of fills) expect(fill).toMatchObject({ price: limit, isMaker: true, cause: 'ENTRY' });
    expect(sizeOf(fills)).toBeCloseTo(filled, 9);
    // A cancel that comes after a part keeps the part.
    await broker.cancel(SYMBOL, 'e-1');
    expect(await broker.order(SYMBOL, 'e-1')).toMatchObject({
      status: 'over',
      filled,
      reason: expect.stringMatching(/Cancel/),
    });
    expect(await broker.positions()).toMatchObject([{ size: filled, entry: limit }]);
  });

  it('that is filled before its cancel comes stays filled', async () => {
    const { broker } = await start();
    const limit = Number((twin.last(SYMBOL) - 0.02).toFixed(2));
    await broker.place(entry({ lives: 'resting', limit, size: 0.1 }));
    await passTo(firstTrade((price) => price < limit).ts + 1);
    await broker.cancel(SYMBOL, 'e-1');
    expect(await broker.order(SYMBOL, 'e-1')).toMatchObject({ status: 'over', filled: 0.1, reason: null });
  });
});

describe('fills', () => {
  it('of an order that takes only what its limit allows are a part of it', async () => {
    const { broker } = await start({ balance: 1e8 });
    const limit = Number((twin.last(SYMBOL) + 0.02).toFixed(2));
    await broker.place(entry({ size: 100_000, limit }));
    const state = await broker.order(SYMBOL, 'e-1');
    expect(state?.status).toBe('over');
    expect(state?.reason).toBe('EC_NoImmediateQtyToFill');
    expect(state!.filled).toBeGreaterThan(0);
    expect(state!.filled).toBeLessThan(100_000);
    const fills = await broker.fills(0);
    expect(sizeOf(fills)).toBeCloseTo(state!.filled, 9);
    for (const { price } of fills) expect(price).toBeLessThanOrEqual(limit);
  });

  it('are told all and each once over many pages, also from weeks ago', async () => {
    const { broker } = await start({ balance: 1e9, stepMs: 3_600_000 });
    const price = twin.last(SYMBOL);
    const order = entry({ size: 90_000, limit: price * 1.045, tp: price * 1.06 });
    await broker.place(order);
    const { filled } = (await broker.order(SYMBOL, 'e-1'))!;
    const since = twin.clock.now();
    const fills = await broker.fills(since);
    expect(fills.length).toBeGreaterThan(200);
    expect(fills).toHaveLength(twin.account.executions.length);
    expect(new Set(fills.map(({ id }) => id)).size).toBe(fills.length);
    expect(sizeOf(fills)).toBeCloseTo(filled, 6);
    // Oldest first: a buyer takes the cheapest first.
    const prices = fills.map((fill) => fill.price);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    await broker.closeAtMarket({ clientId: 'x-1', symbol: SYMBOL, side: 'LONG', size: filled });
    const all = await broker.fills(since);
    await passTo(since + 15 * 24 * 60 * MINUTE_MS);
    expect(await broker.fills(since)).toEqual(all);
    expect(await broker.fills(since + 1)).toEqual([]);
    expect(await broker.fills(0)).toEqual(all);
  });

  it('may be told late, and are told then', async () => {
    const { broker } = await start();
    twin.accounts.delayExecutions(3_000);
    const since = twin.clock.now();
    await broker.place(entry());
    expect(await broker.positions()).toHaveLength(1);
    expect(await broker.fills(since)).toEqual([]);
    await twin.pass(3_000);
    expect(sizeOf(await broker.fills(since))).toBeCloseTo(3, 9);
  });

  it('of an order against a position are its close and the entry of the rest', async () => {
    const { broker } = await start();
    await broker.place(entry());
    await broker.place(entry({ clientId: 'e-2', side: 'SHORT', size: 5 }));
    expect(await broker.positions()).toMatchObject([{ side: 'SHORT', size: 2 }]);
    const fills = (await broker.fills(0)).filter(({ clientId }) => clientId === 'e-2');
    const sum = (cause: Fill['cause'], side: Fill['side']) =>
      sizeOf(fills.filter((fill) => fill.cause === cause && fill.side === side));
    expect(sum('CLOSE', 'LONG')).toBeCloseTo(3, 9);
    expect(sum('ENTRY', 'SHORT')).toBeCloseTo(2, 9);
    const worth = fills.reduce((all, { price, size }) => all + price * size, 0);
    expect(fills.reduce((all, { fee }) => all + fee, 0)).toBeCloseTo(worth * 0.0006, 9);
  });
});

describe('what the exchange does by itself', () => {
  it.each(SIDES)('funding of a %s is paid or received at 16:00', async (side, way) => {
    const { broker, market } = await start({ startMs: Date.UTC(2026, 2, 1, 15, 59, 30) });
    const at = Date.UTC(2026, 2, 1, 16);
    await broker.place(entry({ side }));
    await passTo(at + 1_000);
    const [payment, ...others] = (await broker.fills(at)).filter(({ cause }) => cause === 'FUNDING');
    expect(others).toEqual([]);
    const price = priceOf(market.lastTicks(at));
    const listing = { market, instrument: market.instrument } as Parameters<typeof fundingRate>[0];
    const fee = Number(fundingRate(listing, at - 1)) * price * 3 * way;
    expect(payment).toMatchObject({ clientId: null, side, size: 3, price, ts: at });
    expect(payment!.fee).toBeCloseTo(fee, 9);
    expect(fee).not.toBe(0);
  });

  it.each(SIDES)('a %s whose margin is used up is liquidated', async (side, way) => {
    const { broker } = await start({ startMs: beforeMove(-way) });
    await broker.place(entry({ side, leverage: 100, limit: twin.last(SYMBOL) * (1 + way * 0.001) }));
    const [position] = await broker.positions();
    const bust = position!.entry * (1 - way / 100);
    const trade = firstTrade((price) => (price - (bust + way * position!.entry * 0.005)) * way <= 0);
    await passTo(trade.ts + 1_000);
    expect(await broker.positions()).toEqual([]);
    const exit = (await broker.fills(0)).at(-1);
    expect(exit).toMatchObject({ clientId: null, cause: 'LIQUIDATED', side, size: 3, ts: trade.ts });
    expect(Math.abs(exit!.price - bust)).toBeLessThanOrEqual(TICK);
  });
});
