import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sizeOf } from '../contract.ts';
import { ledgerOf } from '../ledger.model.ts';
import { type BrokerTwin, startBrokerTwin } from './twin.fixture.ts';

const SYMBOLS = ['LTCUSDT', 'BTCUSDT'] as const;
const BALANCE = 1_000_000;
const CREATE = '/v5/order/create';

const Pair = fc.constantFrom(...SYMBOLS);
const Side = fc.constantFrom('LONG' as const, 'SHORT' as const);
const Worth = fc.double({ min: 10, max: 20_000, noNaN: true });
const Name = fc.integer({ min: 0, max: 30 }).map((n) => `n-${n}`);

const Step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      symbol: Pair,
      side: Side,
      clientId: Name,
      worth: Worth,
      lives: fc.constantFrom('now' as const, 'resting' as const),
      off: fc.double({ min: -0.001, max: 0.002, noNaN: true }),
      bracket: fc.double({ min: 0.004, max: 0.03, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('close' as const),
      symbol: Pair,
      side: Side,
      clientId: Name,
      worth: Worth,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), symbol: Pair, clientId: Name }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 120_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), isTaken: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delay' as const), ms: fc.integer({ min: 0, max: 5_000 }) }),
  },
);
type Step = typeof Step extends fc.Arbitrary<infer T> ? T : never;

async function take(
  twin: BrokerTwin,
  broker: ReturnType<BrokerTwin['broker']>,
  step: Step,
): Promise<unknown> {
  switch (step.do) {
    case 'pass':
      return twin.pass(step.ms);
    case 'lose':
      return twin.accounts.fail({ path: CREATE, isTaken: step.isTaken, answer: 'cut' });
    case 'delay':
      return twin.accounts.delayExecutions(step.ms);
    case 'cancel':
      return broker.cancel(step.symbol, step.clientId);
    case 'close': {
      const { symbol, side, clientId, worth } = step;
      return broker.closeAtMarket({ clientId, symbol, side, size: worth / twin.last(symbol) });
    }
    case 'place': {
      const { symbol, side, clientId, worth, lives, off, bracket } = step;
      const price = twin.last(symbol);
      const way = side === 'LONG' ? 1 : -1;
      const levels = {
        limit: price * (1 + way * off),
        tp: price * (1 + way * bracket),
        sl: price * (1 - way * bracket),
      };
      return broker.place({ clientId, symbol, side, size: worth / price, lives, leverage: 10, ...levels });
    }
  }
}

it('positions, orders and money are what the fills add up to, whatever is done', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const twin = await startBrokerTwin({
        balance: BALANCE,
        startMs: Date.UTC(2026, 2, 1, 15, 50),
        stepMs: 10_000,
      });
      const broker = twin.broker();
      try {
        for (const step of steps) await twin.during(take(twin, broker, step));
        await twin.pass(5_000);
        await expectSums(twin, broker);
      } finally {
        await twin.close();
      }
    }),
    { seed: 11, numRuns: 12 },
  );
});

async function expectSums(twin: BrokerTwin, broker: ReturnType<BrokerTwin['broker']>): Promise<void> {
  const fills = await broker.fills(0);
  expect(new Set(fills.map(({ id }) => id)).size).toBe(fills.length);
  const { sizes, fees, cash } = ledgerOf(fills);
  const positions = await broker.positions();
  let worth = 0;
  for (const symbol of SYMBOLS) {
    const position = positions.find((each) => each.symbol === symbol);
    const held = position ? position.size * (position.side === 'LONG' ? 1 : -1) : 0;
    expect(held).toBeCloseTo(sizes.get(symbol) ?? 0, 9);
    worth += held * (position?.entry ?? 0);
  }
  expect(twin.account.balance).toBeCloseTo(BALANCE + cash + worth - fees, 5);
  const links = twin.account.orders.map(({ link }) => link).filter((link) => link !== '');
  expect(new Set(links).size).toBe(links.length);
  for (const { link, symbol } of twin.account.orders) {
    if (link === '') continue;
    const state = await broker.order(symbol, link);
    expect(state!.filled).toBeCloseTo(sizeOf(fills.filter(({ clientId }) => clientId === link)), 9);
  }
}
