import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, messageOf, UpstreamError } from '../../../schemas/errors.ts';
import type { BracketOrder } from '../port.ts';
import { TIMEOUT_MS } from './api.ts';
import { type BrokerTwin, type BrokerTwinOptions, KEY, SECRET, startBrokerTwin } from './twin.fixture.ts';

const SYMBOL = 'LTCUSDT';
const CREATE = '/v5/order/create';
const PATHS = {
  leverage: '/v5/position/set-leverage',
  realtime: '/v5/order/realtime',
  history: '/v5/order/history',
  positions: '/v5/position/list',
};

let twin: BrokerTwin;
afterEach(() => twin.close());

async function start(options: BrokerTwinOptions = {}, then: (path: string) => void = () => undefined) {
  const answers: { path: string; ms: number; retCode: number | null }[] = [];
  const onAnswer = (path: string, ms: number, retCode: number | null) => {
    answers.push({ path, ms, retCode });
    then(path);
  };
  twin = await startBrokerTwin({ ...options, onAnswer });
  return { twin, broker: twin.broker(), answers };
}

function entry(of: Partial<BracketOrder> = {}): BracketOrder {
  const price = twin.last(SYMBOL);
  const levels = { limit: price * 1.002, tp: price * 1.03, sl: price * 0.97 };
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

function thrown(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
}

/** Turns of the loop until the condition holds: the network of the loopback needs some. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

describe('a lost answer', () => {
  it.each([
    ['of an order that was taken', { isTaken: true, answer: 'cut' }, true],
    ['of an order that never came', { isTaken: false, answer: 'cut' }, false],
    ['hidden by a proxy’s page', { isTaken: true, answer: { status: 502 } }, true],
    [
      'by Bybit’s own timeout',
      { isTaken: true, answer: { retCode: 10_000, retMsg: 'Server Timeout' } },
      true,
    ],
    [
      'by a fault of Bybit, not taken',
      { isTaken: false, answer: { retCode: 10_016, retMsg: 'Server error' } },
      false,
    ],
  ] as const)('%s is looked for, and the order is there once', async (_, fault, isKnown) => {
    const { broker } = await start();
    twin.accounts.fail({ path: CREATE, ...fault });
    expect(await twin.during(broker.place(entry()))).toEqual({ kind: 'placed', isKnown });
    expect(twin.account.orders).toHaveLength(1);
    expect(await broker.positions()).toMatchObject([{ size: 3 }]);
  });

  it('that never comes is given up after its time, and looked for', async () => {
    const { broker } = await start();
    twin.accounts.fail({ path: CREATE, isTaken: true, answer: 'silent' });
    const placing = broker.place(entry());
    await until(() => twin.account.orders.length > 0);
    await twin.pass(TIMEOUT_MS);
    expect(await placing).toEqual({ kind: 'placed', isKnown: true });
    expect(twin.account.orders).toHaveLength(1);
  });

  it('that is lost for good is told as unknown, and asking again finds out', async () => {
    const { broker } = await start();
    twin.accounts.fail({ path: CREATE, times: 3, isTaken: false, answer: 'cut' });
    expect(await thrown(twin.during(broker.place(entry())))).toBeInstanceOf(UpstreamError);
    expect(twin.account.orders).toEqual([]);
    expect(await broker.place(entry())).toEqual({ kind: 'placed', isKnown: false });
  });

  it('is told as unknown where the search for it fails, too', async () => {
    const { broker } = await start({}, (path) => {
      const fault = { path: PATHS.realtime, times: 3, isTaken: false, answer: 'cut' } as const;
      if (path === CREATE) twin.accounts.fail(fault);
    });
    twin.accounts.fail({ path: CREATE, isTaken: true, answer: 'cut' });
    expect(await thrown(twin.during(broker.place(entry())))).toBeInstanceOf(UpstreamError);
    expect(await broker.place(entry())).toEqual({ kind: 'placed', isKnown: true });
    expect(twin.account.orders).toHaveLength(1);
  });

  it('of a close is looked for: the second one would be refused', async () => {
    const { broker } = await start();
    await broker.place(entry());
    twin.accounts.fail({ path: CREATE, isTaken: true, answer: 'cut' });
    const close = { clientId: 'x-1', symbol: SYMBOL, side: 'LONG', size: 3 } as const;
    expect(await broker.closeAtMarket(close)).toEqual({ kind: 'placed', isKnown: true });
    expect(await broker.closeAtMarket(close)).toEqual({ kind: 'placed', isKnown: true });
    expect(await broker.positions()).toEqual([]);
  });

  it('of a look-up keeps no position from being closed, but one from being opened', async () => {
    const { broker } = await start();
    await broker.place(entry());
    const blind = () => {
      for (const path of [PATHS.realtime, PATHS.history]) {
        twin.accounts.fail({ path, times: 100, isTaken: false, answer: { status: 503 } });
      }
    };
    blind();
    const another = thrown(twin.during(broker.place(entry({ clientId: 'e-2' }))));
    expect(await another).toBeInstanceOf(UpstreamError);
    const close = { clientId: 'x-1', symbol: SYMBOL, side: 'LONG', size: 3 } as const;
    expect(await twin.during(broker.closeAtMarket(close))).toEqual({ kind: 'placed', isKnown: false });
    expect(await broker.positions()).toEqual([]);
    expect(twin.account.orders).toHaveLength(2);
  });

  it('of a cancel is asked for again', async () => {
    const { broker } = await start();
    await broker.place(entry({ lives: 'resting', limit: twin.last(SYMBOL) * 0.98 }));
    twin.accounts.fail({ path: '/v5/order/cancel', isTaken: true, answer: 'cut' });
    await twin.during(broker.cancel(SYMBOL, 'e-1'));
    expect(await broker.order(SYMBOL, 'e-1')).toMatchObject({ status: 'over', filled: 0 });
  });
});

describe('a known order', () => {
  it('is no refused one where it used up the money itself', async () => {
    const { broker } = await start({ balance: 100 });
    const order = entry({ size: 8 });
    twin.accounts.fail({
      path: CREATE,
      isTaken: false,
      answer: { retCode: 110_007, retMsg: 'ab not enough' },
    });
    expect(await broker.place(order)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('110007'),
    });
    await broker.place(order);
    twin.accounts.fail({
      path: CREATE,
      isTaken: false,
      answer: { retCode: 110_007, retMsg: 'ab not enough' },
    });
    expect(await broker.place(order)).toEqual({ kind: 'placed', isKnown: true });
  });

  it('is no refused one where it showed only after it was sent again', async () => {
    const empty = { retCode: 0, retMsg: 'OK', result: { list: [] } };
    let isFirst = true;
    const { broker } = await start({}, (path) => {
      if (path !== CREATE || !isFirst) return;
      isFirst = false;
      twin.accounts.fail({ path: PATHS.realtime, times: 2, isTaken: false, answer: empty });
      twin.accounts.fail({ path: PATHS.history, isTaken: false, answer: empty });
      const refusal = { retCode: 110_007, retMsg: 'ab not enough' };
      twin.accounts.fail({ path: CREATE, isTaken: false, answer: refusal });
    });
    twin.accounts.fail({ path: CREATE, isTaken: true, answer: 'cut' });
    expect(await twin.during(broker.place(entry()))).toEqual({ kind: 'placed', isKnown: true });
    expect(twin.account.orders).toHaveLength(1);
  });

  it('is found in the history when the exchange restarted', async () => {
    const { broker } = await start();
    await broker.place(entry());
    const order = await broker.order(SYMBOL, 'e-1');
    const list = { retCode: 0, retMsg: 'OK' };
    twin.accounts.fail({
      path: PATHS.realtime,
      times: 2,
      isTaken: false,
      answer: { ...list, result: { list: [] } },
    });
    expect(await broker.order(SYMBOL, 'e-1')).toEqual(order);
  });
});

describe('limits', () => {
  it('are kept: after a refusal nothing is sent before the count starts anew', async () => {
    const { broker, answers } = await start({ perSecond: 5 });
    const all = twin.during(Promise.all(Array.from({ length: 12 }, () => broker.positions())));
    expect(await all).toHaveLength(12);
    const asked = answers.filter(({ path }) => path === PATHS.positions);
    expect(asked.filter(({ retCode }) => retCode === 0)).toHaveLength(12);
    const refused = asked.filter(({ retCode }) => retCode === 10_006);
    expect(refused.length).toBeGreaterThan(0);
    // Four may be under way when the first is refused.
    expect(refused.length).toBeLessThan(9);
    for (const { ms } of refused) {
      const reset = Math.floor(ms / 1_000) * 1_000 + 1_000;
      expect(asked.filter((each) => each.ms > ms && each.ms < reset)).toEqual([]);
    }
  });

  it('that last longer than an order can wait are told at once', async () => {
    const { broker } = await start();
    twin.twin.inject([{ venue: 'bybit', kind: 'restLimited', afterMs: 0, forMs: 60_000 }]);
    await twin.pass(1_000);
    const error = await thrown(twin.during(broker.place(entry())));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(messageOf(error)).toMatch(/asked too often: nothing is sent there before 2026-03-01T12:01/);
    expect(twin.account.orders).toEqual([]);
  });
});

describe('clocks', () => {
  it('an hour apart are no trouble', async () => {
    await start();
    for (const skewMs of [3_600_000, -3_600_000]) {
      const broker = twin.broker({ skewMs });
      expect(await broker.place(entry({ clientId: `skew${skewMs}` }))).toMatchObject({ kind: 'placed' });
      expect(await broker.fills(twin.clock.now() - 1_000)).not.toEqual([]);
    }
  });

  it('that part later are compared once more', async () => {
    const { broker, answers } = await start();
    await broker.positions();
    twin.twin.inject([{ venue: 'bybit', kind: 'clockSkew', afterMs: 0, forMs: 600_000, amount: 20_000 }]);
    await twin.pass(60_000);
    expect(await broker.place(entry())).toEqual({ kind: 'placed', isKnown: false });
    const tooLate = answers.filter(({ retCode }) => retCode === 10_002);
    // Those that were asked at once.
    expect(tooLate.map(({ path }) => path).toSorted()).toEqual([
      PATHS.history,
      PATHS.realtime,
      PATHS.realtime,
      PATHS.leverage,
    ]);
    expect(twin.account.orders).toHaveLength(1);
  });

  it('that cannot be brought together are a person’s trouble', async () => {
    const { broker } = await start();
    const answer = { retCode: 10_002, retMsg: 'invalid request, please check your server timestamp' };
    twin.accounts.fail({ path: PATHS.positions, times: 2, isTaken: false, answer });
    const error = await thrown(broker.positions());
    expect(error).toBeInstanceOf(ConfigError);
    expect(messageOf(error)).toMatch(/10002.*NTP/);
  });
});

describe('a key', () => {
  it.each([
    ['that nobody has', { key: 'nobodysKey' }, /10003.*testnet and mainnet have keys of their own/],
    ['with another secret', { secret: 'anotherSecret' }, /10004.*belong together/],
    ['of another address', { key: 'elsewhere' }, /10010.*address/],
    ['that may only read', { key: 'reader' }, /10005.*right to trade/],
  ])('%s is told with what to do, and is not shown', async (_, given, words) => {
    const keys = [
      { key: KEY, secret: SECRET },
      { key: 'elsewhere', secret: SECRET, isOfOtherAddress: true },
      { key: 'reader', secret: SECRET, isReadOnly: true },
    ];
    await start({ keys });
    const error = await thrown(twin.broker(given).place(entry()));
    expect(error).toBeInstanceOf(ConfigError);
    expect(messageOf(error)).toMatch(words);
    const { key = KEY, secret = SECRET } = given as { key?: string; secret?: string };
    expect(inspect(error, { depth: 9 })).not.toContain(key);
    expect(inspect(error, { depth: 9 })).not.toContain(secret);
  });

  it('is judged by what it may do', async () => {
    const keys = [
      { key: KEY, secret: SECRET, canWithdraw: true },
      { key: 'reader', secret: SECRET, isReadOnly: true },
    ];
    const { broker } = await start({ keys });
    expect(await broker.check()).toEqual([
      'The API key may withdraw money. Trading needs no such right: take it away.',
      'The API key works from any address. Bind it to that of this machine.',
    ]);
    await expect(twin.broker({ key: 'reader' }).check()).rejects.toThrow(/read-only/);
  });

  it('is in no error, whatever the exchange says, and in nothing that is printed', async () => {
    const { broker } = await start();
    const said = `origin_string[1700000000000${KEY}5000] ${SECRET}`;
    const answers = [10_001, 10_003, 10_004, 10_005, 10_010, 10_016, 12_345, 33_004, 110_007].map(
      (retCode) => ({
        retCode,
        retMsg: said,
      }),
    );
    const faults = [
      ...answers,
      { status: 401 },
      { status: 403 },
      { status: 500 },
      { status: 404 },
      'cut',
    ] as const;
    for (const answer of faults) {
      twin.accounts.fail({ path: PATHS.positions, times: 3, isTaken: false, answer });
      const error = await thrown(twin.during(broker.positions()));
      for (const text of [
        inspect(error, { depth: 9, showHidden: true }),
        JSON.stringify(error),
        String(error),
      ]) {
        expect(text).not.toContain(KEY);
        expect(text).not.toContain(SECRET);
      }
      expect(error instanceof ConfigError || error instanceof UpstreamError).toBe(true);
      twin.accounts.heal();
    }
    const printed = inspect(broker, { depth: 9, showHidden: true }) + JSON.stringify(broker);
    expect(printed).not.toContain(KEY);
    expect(printed).not.toContain(SECRET);
  });
});
