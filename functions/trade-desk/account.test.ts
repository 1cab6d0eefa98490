import { describe, expect, it } from 'vitest';
import {
  broker,
  commands,
  fill,
  fills,
  HOUR,
  ID,
  order,
  ordered,
  placed,
  refused,
  SECOND,
  SIGNAL,
  timer,
  unknown,
} from './account-told.fixture.ts';
import { awaitedOf, clientIdOf, fillsSince } from './commands.ts';
import { NOW, row, signal, snapshotAt, TestDesk } from './trade-desk.fixture.ts';

describe('a signal that passes', () => {
  it('asks for an order in lots, at a limit beyond mid, by a name of its own', () => {
    const desk = ordered();
    expect(desk.events.map(({ kind }) => kind)).toEqual(['DECISION']);
    expect(commands(desk)).toEqual([
      {
        kind: 'PLACE',
        clientId: ID,
        order: {
          clientId: ID,
          symbol: 'BTCUSDT',
          side: 'LONG',
          size: 99.9,
          limit: 100.1,
          lives: 'now',
          tp: 100.5,
          sl: 99.5,
          leverage: 10,
        },
      },
    ]);
    expect(ID).toMatch(/^[A-Za-z0-9_-]{1,36}$/);
  });

  it('rests at the signal’s price where the book does', () => {
    const desk = ordered({ paper: { entry: 'limit' } });
    const [command] = commands(desk);
    // The best bid is 99.99; 10,000 / 99.99 = 100.01.
    expect(command).toMatchObject({ order: { limit: 99.99, size: 100, lives: 'resting' } });
  });

  it('is refused while nobody knows its lot, or where its lots are too few', () => {
    const desk = new TestDesk({ execution: 'broker' });
    expect(desk.offer(SIGNAL)).toMatchObject([
      { refusal: 'EXPOSURE', reason: expect.stringContaining('lot') },
    ]);
    const small = broker({ risk: { startEquity: 100, maxOpenRisk: 0.0001 } });
    expect(small.offer(SIGNAL)).toMatchObject([{ refusal: 'EXPOSURE' }]);
  });

  it('is not filled by prices, nor left by them', () => {
    const desk = ordered();
    expect(desk.see(snapshotAt(NOW + SECOND, 99))).toEqual([]);
    const open = ordered();
    open.tell(fills(NOW + SECOND, fill('ENTRY', 99.9, 100)));
    expect(open.see(snapshotAt(NOW + 2 * SECOND, 90))).toEqual([]);
    const bar = row({ openTime: NOW + 60 * SECOND, low: 90 });
    expect(open.tell({ kind: 'features', at: bar.closeTime, row: bar })).toEqual([]);
    expect(open.book().positions).toMatchObject([{ status: 'OPEN' }]);
  });
});

describe('an entry', () => {
  it('is told of once all of it is filled, at its mean price and true fee', () => {
    const desk = ordered();
    const first = fill('ENTRY', 60, 100.02, { fee: 3.3 });
    expect(desk.tell(fills(NOW + SECOND, first))).toEqual([]);
    const [entry] = desk.tell(
      fills(NOW + 2 * SECOND, first, fill('ENTRY', 39.9, 100.05, { fee: 2.2, ts: NOW + 900 })),
    );
    // (60 × 100.02 + 39.9 × 100.05) / 99.9 = 9993.195 / 99.9; its limit was meant for mid, 100.
    expect(entry).toMatchObject({
      kind: 'ENTRY',
      price: 100.031982,
      size: 99.9,
      fees: 5.5,
      liquidity: 'TAKER',
      slippage: 0.00031982,
      ts: NOW + SECOND,
      tp: 100.5,
      sl: 99.5,
    });
    expect(desk.book().positions).toMatchObject([{ status: 'OPEN', since: NOW + SECOND, size: 99.9 }]);
  });

  it('is as large as what was filled before the rest was void', () => {
    const desk = ordered();
    desk.tell(placed(ID));
    expect(desk.tell(order(40.3, { reason: 'void' }))).toEqual([]);
    const [entry] = desk.tell(fills(NOW + SECOND, fill('ENTRY', 40.3, 100.1)));
    expect(entry).toMatchObject({ kind: 'ENTRY', size: 40.3, price: 100.1 });
  });

  it('is as large as its fills, where the rest of it closed what another hand held', () => {
    const desk = ordered();
    desk.tell(placed(ID), order(99.9), fills(NOW + SECOND, fill('ENTRY', 60, 100)));
    expect(desk.tell(timer(NOW + 40_000), fills(NOW + 30_199))).toEqual([]);
    expect(desk.tell(fills(NOW + 30_200))).toMatchObject([{ kind: 'ENTRY', size: 60 }]);
  });

  it.each([
    ['was void at once', [placed(ID), order(0, { reason: 'no liquidity' })], 'no liquidity'],
    ['was refused', [refused(ID, 'not enough margin')], 'not enough margin'],
    [
      'could not be placed before the signal expired',
      [timer(NOW + 300_001), unknown(NOW + 420_000), unknown(NOW + 420_001)],
      'expired before the exchange had it',
    ],
    [
      'was forgotten by the exchange',
      [placed(ID), unknown(NOW + 200), unknown(NOW + 30_100)],
      'does not know it',
    ],
  ])('that %s is CANCELLED', (_, inputs, why) => {
    const desk = ordered();
    const told = desk.tell(...inputs);
    expect(told).toMatchObject([{ kind: 'EXIT', exit: 'CANCELLED', price: null, pnl: null }]);
    expect(told[0]!.reason).toContain(why);
    expect(desk.book()).toMatchObject({ positions: [], equity: 10_000 });
  });

  it('is not sent after its signal expired, and taken back should it have been', () => {
    const desk = ordered();
    expect(commands(desk, NOW + 300_001)).toEqual([]);
    desk.tell(timer(NOW + 300_001));
    expect(commands(desk, NOW + 300_001)).toEqual([{ kind: 'CANCEL', clientId: ID, symbol: 'BTCUSDT' }]);
    expect(awaitedOf(desk.book())).toEqual([{ clientId: ID, symbol: 'BTCUSDT' }]);
    // It had been placed and filled, and the answer was lost.
    const told = desk.tell(order(99.9), fills(NOW + 301_000, fill('ENTRY', 99.9, 100)));
    expect(told).toMatchObject([{ kind: 'ENTRY' }]);
  });

  it.each([
    ['mid leaves its band', (desk: TestDesk) => desk.see(snapshotAt(NOW + SECOND, 100.2)), 'entry band'],
    [
      'the desk is paused',
      (desk: TestDesk) => desk.tell({ kind: 'control', at: NOW + 1, action: 'pause' }),
      'paused',
    ],
    [
      'the switch is thrown',
      (desk: TestDesk) => desk.tell({ kind: 'control', at: NOW + 1, action: 'kill' }),
      'kill',
    ],
  ])('that rests is taken back when %s', (_, act, why) => {
    const desk = ordered({ paper: { entry: 'limit' } });
    desk.tell(placed(ID));
    expect(act(desk)).toEqual([]);
    expect(commands(desk)).toEqual([{ kind: 'CANCEL', clientId: ID, symbol: 'BTCUSDT' }]);
    const [exit] = desk.tell(order(0, { reason: 'cancelled' }));
    expect(exit).toMatchObject({ exit: 'CANCELLED', reason: expect.stringContaining(why) });
  });

  it('that rests is taken back once part of it is closed again', () => {
    const desk = ordered({ paper: { entry: 'limit' } });
    desk.tell(placed(ID), fills(NOW + SECOND, fill('ENTRY', 40, 99.99), fill('SL', 40, 99.5)));
    expect(commands(desk)).toEqual([{ kind: 'CANCEL', clientId: ID, symbol: 'BTCUSDT' }]);
    // 40 × −0.49
    const told = desk.tell(order(40, { reason: 'cancelled' }));
    expect(told).toMatchObject([
      { kind: 'ENTRY', size: 40 },
      { exit: 'SL', pnl: -19.6 },
    ]);
  });

  it('has nothing more to send or to ask once it is over', () => {
    const desk = ordered();
    expect(fillsSince(desk.book())).toBe(NOW - 5_000);
    desk.tell(placed(ID), order(99.9), fills(NOW + SECOND, fill('ENTRY', 99.9, 100)));
    expect([commands(desk), awaitedOf(desk.book())]).toEqual([[], []]);
    desk.tell(fills(NOW + 2 * SECOND, fill('TP', 99.9, 100.5)));
    expect(fillsSince(desk.book())).toBeNull();
  });
});

describe('an exit', () => {
  const ENTRY = fill('ENTRY', 99.9, 100.02, { fee: 5.5 });

  it.each([
    // 99.9 × (100.5 − 100.02) = 47.952; − 5.5 − 2.01
    [
      'TP',
      fill('TP', 99.9, 100.5, { fee: 2.01, isMaker: true }),
      { pnl: 40.442, fees: 7.51, slippage: 0, liquidity: 'MAKER' },
    ],
    // 99.9 × (99.4 − 100.02) = −61.938; − 5.5 − 5.46; 0.1 beyond 99.5
    [
      'SL',
      fill('SL', 99.9, 99.4, { fee: 5.46 }),
      { pnl: -72.898, fees: 10.96, slippage: 0.001005025126, liquidity: 'TAKER' },
    ],
    // 99.9 × (90 − 100.02) = −1000.998
    ['LIQUIDATED', fill('LIQUIDATED', 99.9, 90, { fee: 4.95 }), { pnl: -1011.448, fees: 10.45 }],
    // Another hand: −99.9 × 0.01 = −0.999
    ['CANCELLED', fill('CLOSE', 99.9, 100.01, { fee: 5.5 }), { pnl: -11.999, fees: 11, slippage: null }],
  ] as const)('by %s has its true prices and fees', (exit, by, wanted) => {
    const desk = ordered();
    const told = desk.tell(fills(NOW + SECOND, ENTRY, by));
    expect(told.map(({ kind }) => kind)).toEqual(['ENTRY', 'EXIT']);
    expect(told[1]).toMatchObject({ exit, ...wanted, size: 99.9, price: by.price, fundingKnown: true });
    expect(desk.book().equity).toBe(10_000 + wanted.pnl);
  });

  it('in parts has their mean, and is told of when nothing is left', () => {
    const desk = ordered();
    desk.tell(fills(NOW + SECOND, ENTRY));
    expect(desk.tell(fills(NOW + 2 * SECOND, fill('TP', 50, 100.5, { fee: 1, ts: NOW + 1_500 })))).toEqual(
      [],
    );
    const [exit] = desk.tell(fills(NOW + 3 * SECOND, fill('SL', 49.9, 99.5, { fee: 2.7, ts: NOW + 2_500 })));
    // 50 × 0.48 − 49.9 × 0.52 = 24 − 25.948; − 5.5 − 3.7
    expect(exit).toMatchObject({ exit: 'SL', pnl: -11.148, fees: 9.2, ts: NOW + 2_500 });
    expect(exit!.price).toBeCloseTo((50 * 100.5 + 49.9 * 99.5) / 99.9, 7);
  });

  it('of a SHORT earns where prices fall', () => {
    const told = signal({ side: 'SHORT' });
    const desk = ordered({}, told);
    const clientId = clientIdOf(told.id, 'default', 'entry');
    // 10,000 / 100 at mid: a SHORT is sold at or above 99.9, so its largest notional is at mid.
    const entry = fill('ENTRY', 100, 99.98, { clientId, side: 'SHORT', fee: 5.5 });
    const exit = fill('TP', 100, 99.5, { side: 'SHORT', fee: 2 });
    const [, left] = desk.tell(fills(NOW + SECOND, exit, entry));
    expect(desk.events[1]).toMatchObject({ kind: 'ENTRY', slippage: 0.0002 });
    expect(left).toMatchObject({ exit: 'TP', pnl: 40.5 });
  });

  it.each([
    ['paid', 1.25, 39.192],
    ['received', -1.25, 41.692],
  ])('counts funding that was %s', (_, fee, pnl) => {
    const desk = ordered();
    const funding = fill('FUNDING', 99.9, 100, { fee });
    const told = desk.tell(fills(NOW + SECOND, funding, ENTRY, fill('TP', 99.9, 100.5, { fee: 2.01 })));
    expect(told[1]).toMatchObject({ pnl, funding: -fee, fundingKnown: true });
  });

  it('waits for a funding that fell due, and says unknown when it does not come', () => {
    const late = { timestamp: NOW + 6 * HOUR - 600_000, expires_at: NOW + 6 * HOUR };
    const start = (desk: TestDesk) => {
      const told = signal(late);
      desk.offer(told, late.timestamp);
      const [ts, clientId] = [late.timestamp + 1, clientIdOf(told.id, 'default', 'entry')];
      desk.tell(fills(ts, fill('ENTRY', 99.9, 100.02, { ts, clientId })));
      const over = late.timestamp + 700_000;
      expect(desk.tell(fills(over, fill('TP', 99.9, 100.5, { ts: over })))).toEqual([]);
      return over;
    };
    const paid = broker();
    const over = start(paid);
    const funding = fill('FUNDING', 99.9, 100, { ts: NOW + 6 * HOUR, fee: 0.5 });
    expect(paid.tell(fills(over + SECOND, funding))).toMatchObject([{ pnl: 47.452, funding: -0.5 }]);
    const silent = broker();
    start(silent);
    expect(silent.tell(fills(over + 29_999), timer(over + 30_000))).toEqual([]);
    const told = silent.tell(fills(over + 30_000));
    expect(told).toMatchObject([{ pnl: 47.952, funding: null, fundingKnown: false, ts: over }]);
  });

  it('counts its own part where another hand held as much', () => {
    const desk = ordered();
    const funding = fill('FUNDING', 199.8, 100, { fee: 2.5 });
    const told = desk.tell(fills(NOW + SECOND, ENTRY, funding, fill('TP', 199.8, 100.5, { fee: 4.02 })));
    // As alone: 47.952 − 5.5 − 2.01 − 1.25
    expect(told[1]).toMatchObject({ size: 99.9, pnl: 39.192, fees: 7.51, funding: -1.25 });
  });

  it('is not made by what another hand left before it was ordered', () => {
    const desk = ordered();
    const before = fill('SL', 99.9, 99, { ts: NOW - 5_001 });
    expect(desk.tell(fills(NOW + SECOND, before, ENTRY))).toMatchObject([{ kind: 'ENTRY' }]);
    expect(desk.book().positions).toMatchObject([{ account: { fills: [{ cause: 'ENTRY' }] } }]);
  });

  it('is not made by a fill of the position before, told again', () => {
    const desk = ordered({ rules: { cooldownMs: 0 } });
    const exit = fill('TP', 99.9, 100.5, { ts: NOW + 2 * SECOND });
    desk.tell(fills(NOW + 2 * SECOND, ENTRY, exit));
    const next = signal({ timestamp: NOW + 3 * SECOND, expires_at: NOW + HOUR });
    desk.offer(next, NOW + 3 * SECOND);
    const clientId = clientIdOf(next.id, 'default', 'entry');
    const size = desk.book().positions[0]!.size;
    desk.tell(fills(NOW + 4 * SECOND, ENTRY, exit, fill('ENTRY', size, 100, { clientId })));
    expect(desk.book().positions).toMatchObject([{ status: 'OPEN', account: { fills: [{ clientId }] } }]);
  });
});
