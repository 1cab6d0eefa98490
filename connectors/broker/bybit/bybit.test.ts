import { afterEach, describe, expect, it } from 'vitest';
import { type BrokerTwin, startBrokerTwin } from './twin.fixture.ts';

let twin: BrokerTwin;
afterEach(() => twin.close());

describe('Bybit on the twin', () => {
  it('opens a position and tells its fills', async () => {
    twin = await startBrokerTwin();
    const { broker, last } = twin;
    const bybit = broker();
    const price = last('LTCUSDT');
    const placed = await bybit.place({
      clientId: 'a-1',
      symbol: 'LTCUSDT',
      side: 'LONG',
      size: 3,
      limit: price * 1.001,
      lives: 'now',
      tp: price * 1.01,
      sl: price * 0.99,
      leverage: 10,
    });
    expect(placed).toEqual({ kind: 'placed', isKnown: false });
    expect(await bybit.order('LTCUSDT', 'a-1')).toMatchObject({ status: 'over', filled: 3, reason: null });
    expect(await bybit.positions()).toMatchObject([{ symbol: 'LTCUSDT', side: 'LONG', size: 3 }]);
    expect(await bybit.fills(0)).toMatchObject([
      { clientId: 'a-1', cause: 'ENTRY', size: 3, isMaker: false },
    ]);
    expect(await bybit.openOrders()).toEqual([]);
  });
});
