/** What every Broker keeps to; run against each. Positions are small, and closed again where a market is real. */
import { afterEach, describe, expect, it } from 'vitest';
import type { BracketOrder, Broker, Fill } from './port.ts';

export interface BrokerUnderTest {
  readonly broker: Broker;
  /** Names of orders begin with it: an account may have seen others. */
  readonly prefix: string;
  readonly symbol: string;
  /** Unit: base. */
  readonly size: number;
  /** Of the last trade. */
  price(): Promise<number>;
  /** Unit: ms since the epoch. */
  now(): number;
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

/** Executions and states may show so many looks late. */
const LOOKS = 50;
const BETWEEN_LOOKS_MS = 200;

export function testBrokerContract(name: string, make: () => Promise<BrokerUnderTest>): void {
  describe(`Broker contract: ${name}`, () => {
    let under: BrokerUnderTest;
    let names = 0;
    afterEach(async () => {
      await under.broker.close();
      await under.dispose();
    });

    /** An order about the price now, whose take profit and stop loss are 3 % off. */
    const order = async (
      of: Partial<BracketOrder> & { readonly off?: number } = {},
    ): Promise<BracketOrder> => {
      const { side = 'LONG', off = 0.003, ...others } = of;
      const price = await under.price();
      const way = side === 'LONG' ? 1 : -1;
      return {
        clientId: `${under.prefix}-${++names}`,
        symbol: under.symbol,
        side,
        size: under.size,
        limit: price * (1 + way * off),
        lives: 'now',
        tp: price * (1 + way * 0.03),
        sl: price * (1 - way * 0.03),
        leverage: 5,
        ...others,
      };
    };
    const eventually = async <T>(look: () => Promise<T>, isIt: (seen: T) => boolean): Promise<T> => {
      for (let i = 0; i < LOOKS; i++) {
        const seen = await look();
        if (isIt(seen)) return seen;
        await under.pass(BETWEEN_LOOKS_MS);
      }
      return look();
    };
    const over = (clientId: string) =>
      eventually(
        () => under.broker.order(under.symbol, clientId),
        (state) => state?.status === 'over',
      );
    const held = async () => (await under.broker.positions()).filter(({ symbol }) => symbol === under.symbol);
    const flat = () => eventually(held, (positions) => positions.length === 0);
    const fillsOf = (clientId: string, since: number, size: number): Promise<readonly Fill[]> =>
      eventually(
        async () => (await under.broker.fills(since)).filter((fill) => fill.clientId === clientId),
        (fills) => sizeOf(fills) >= size * 0.999,
      );

    it.each(['LONG', 'SHORT'] as const)('opens a %s, holds it, and closes it at market', async (side) => {
      under = await make();
      const { broker, symbol } = under;
      const since = under.now() - 10_000;
      const entry = await order({ side });
      expect(await broker.place(entry)).toEqual({ kind: 'placed', isKnown: false });
      const { filled } = (await over(entry.clientId))!;
      expect(filled).toBeCloseTo(entry.size, 9);
      expect(await held()).toMatchObject([{ symbol, side, size: filled }]);
      const entries = await fillsOf(entry.clientId, since, filled);
      for (const fill of entries)
        expect(fill).toMatchObject({ cause: 'ENTRY', side, symbol, isMaker: false });
      for (const fill of entries)
        expect(side === 'LONG' ? fill.price <= entry.limit : fill.price >= entry.limit).toBe(true);
      const close = { clientId: `${entry.clientId}-close`, symbol, side, size: filled };
      expect(await broker.closeAtMarket(close)).toEqual({ kind: 'placed', isKnown: false });
      expect(await flat()).toEqual([]);
      expect(await over(close.clientId)).toMatchObject({ side, filled, reason: null });
      const exits = await fillsOf(close.clientId, since, filled);
      for (const fill of exits) expect(fill).toMatchObject({ cause: 'CLOSE', side, symbol });
      expect(sizeOf(exits)).toBeCloseTo(sizeOf(entries), 9);
      for (const { fee } of [...entries, ...exits]) expect(fee).toBeGreaterThan(0);
    });

    it('places an order of one name once', async () => {
      under = await make();
      const { broker, symbol } = under;
      const entry = await order();
      await broker.place(entry);
      const { filled } = (await over(entry.clientId))!;
      expect(await broker.place(entry)).toEqual({ kind: 'placed', isKnown: true });
      expect(await held()).toMatchObject([{ size: filled }]);
      const close = { clientId: `${entry.clientId}-close`, symbol, side: entry.side, size: filled };
      await broker.closeAtMarket(close);
      await flat();
      expect(await broker.closeAtMarket(close)).toEqual({ kind: 'placed', isKnown: true });
    });

    it('lets what is not filled at once be void', async () => {
      under = await make();
      const entry = await order({ off: -0.02 });
      expect(await under.broker.place(entry)).toMatchObject({ kind: 'placed' });
      const state = await over(entry.clientId);
      expect(state).toMatchObject({ clientId: entry.clientId, side: 'LONG', filled: 0 });
      expect(state?.reason).toMatch(/\w/);
      expect(await held()).toEqual([]);
    });

    it('lets a resting order that would take be void', async () => {
      under = await make();
      const entry = await order({ lives: 'resting', off: 0.01 });
      expect(await under.broker.place(entry)).toMatchObject({ kind: 'placed' });
      expect(await over(entry.clientId)).toMatchObject({ filled: 0 });
      expect(await under.broker.openOrders()).toEqual([]);
    });

    it('tells resting orders until they are cancelled, and has no complaint of a second cancel', async () => {
      under = await make();
      const { broker, symbol } = under;
      const orders = [
        await order({ lives: 'resting', off: -0.02 }),
        await order({ side: 'SHORT', lives: 'resting', off: -0.02 }),
      ];
      for (const each of orders) await broker.place(each);
      const open = await eventually(
        () => broker.openOrders(),
        (seen) => seen.length === 2,
      );
      const told = open.map(({ clientId, side, status, filled }) => ({ clientId, side, status, filled }));
      expect(told.toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1))).toEqual(
        orders
          .map(({ clientId, side }) => ({ clientId, side, status: 'open', filled: 0 }))
          .toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1)),
      );
      for (const { clientId } of orders) {
        await broker.cancel(symbol, clientId);
        expect(await over(clientId)).toMatchObject({ filled: 0 });
        await broker.cancel(symbol, clientId);
      }
      await broker.cancel(symbol, `${under.prefix}-never`);
      expect(await broker.openOrders()).toEqual([]);
    });

    it('never turns a position round when it closes it', async () => {
      under = await make();
      const { broker, symbol } = under;
      const entry = await order();
      await broker.place(entry);
      const { filled } = (await over(entry.clientId))!;
      await broker.closeAtMarket({
        clientId: `${entry.clientId}-c1`,
        symbol,
        side: 'LONG',
        size: filled * 3,
      });
      expect(await flat()).toEqual([]);
      for (const side of ['LONG', 'SHORT'] as const) {
        const close = { clientId: `${entry.clientId}-${side}`, symbol, side, size: filled };
        expect(await broker.closeAtMarket(close)).toMatchObject({ kind: 'refused' });
      }
      expect(await held()).toEqual([]);
    });

    it('closes a part', async () => {
      under = await make();
      const { broker, symbol } = under;
      const entry = await order({ size: under.size * 2 });
      await broker.place(entry);
      await over(entry.clientId);
      await broker.closeAtMarket({
        clientId: `${entry.clientId}-c1`,
        symbol,
        side: 'LONG',
        size: under.size,
      });
      const [left] = await eventually(held, ([position]) => (position?.size ?? 0) < entry.size * 0.9);
      expect(left?.size).toBeCloseTo(under.size, 9);
      await broker.closeAtMarket({
        clientId: `${entry.clientId}-c2`,
        symbol,
        side: 'LONG',
        size: under.size,
      });
      expect(await flat()).toEqual([]);
    });

    it('refuses what the exchange never takes, with numbers', async () => {
      under = await make();
      const { broker, symbol } = under;
      const { lot, minNotional, tick } = await broker.instrument(symbol);
      expect(Math.min(lot, minNotional, tick)).toBeGreaterThan(0);
      const reasonOf = async (of: Partial<BracketOrder>) => {
        const placing = await broker.place(await order(of));
        return placing.kind === 'refused' ? placing.reason : placing.kind;
      };
      expect(await reasonOf({ size: lot / 2 })).toContain(String(lot));
      expect(await reasonOf({ sl: (await under.price()) * 2 })).toMatch(
        /between its stop loss and its take profit/,
      );
      expect(await reasonOf({ leverage: 100_000 })).toMatch(/everage/);
      expect(await held()).toEqual([]);
    });

    it('knows nothing of orders that never were', async () => {
      under = await make();
      expect(await under.broker.order(under.symbol, `${under.prefix}-never`)).toBeNull();
      expect(await under.broker.fills(under.now() + 60_000)).toEqual([]);
    });
  });
}

export function sizeOf(fills: readonly Fill[]): number {
  return fills.reduce((sum, { size }) => sum + size, 0);
}
