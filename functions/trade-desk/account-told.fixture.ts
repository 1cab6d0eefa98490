/** A desk with a book on an account, and what an exchange may tell it. Orders are the LONG of 99.9 from 100 unless said. */
import type { Fill, OrderState } from '../../connectors/broker/port.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { clientIdOf, commandsOf } from './commands.ts';
import type { DeskInput } from './input.ts';
import { NOW, type PartialParams, signal, TestDesk } from './trade-desk.fixture.ts';

const INSTRUMENT = { symbol: 'BTCUSDT', tick: 0.01, lot: 0.1, minSize: 0.1, minNotional: 5 };
export const SIGNAL = signal();
export const ID = clientIdOf(SIGNAL.id, 'default', 'entry');
export const SECOND = 1_000;
export const HOUR = 3_600_000;

export function broker(params: PartialParams = {}): TestDesk {
  const desk = new TestDesk({ ...params, execution: 'broker' });
  desk.tell({ kind: 'instrument', at: NOW - 1, instrument: INSTRUMENT });
  return desk;
}

/** 10,000 of notional at the limit 100.1 are 99.9 base in lots of 0.1. */
export function ordered(params: PartialParams = {}, told: ScalpSignal = SIGNAL): TestDesk {
  const desk = broker(params);
  desk.offer(told);
  return desk;
}

let count = 0;
export function fill(cause: Fill['cause'], size: number, price: number, known: Partial<Fill> = {}): Fill {
  const clientId = cause === 'ENTRY' ? ID : null;
  count += 1;
  const common = { symbol: 'BTCUSDT', side: 'LONG', fee: 0, isMaker: false, ts: NOW + SECOND } as const;
  return { id: `f${count}`, clientId, cause, price, size, ...common, ...known };
}
export const fills = (at: number, ...these: Fill[]): DeskInput => ({
  kind: 'fills',
  at,
  book: 'default',
  fills: these,
});
export const placed = (clientId: string, at = NOW + 100): DeskInput => ({
  kind: 'placing',
  at,
  book: 'default',
  clientId,
  outcome: { kind: 'placed', isKnown: false },
});
export const refused = (clientId: string, reason: string, at = NOW + 100): DeskInput => ({
  kind: 'placing',
  at,
  book: 'default',
  clientId,
  outcome: { kind: 'refused', reason },
});
export const order = (filled: number, known: Partial<OrderState> = {}, at = NOW + 200): DeskInput => ({
  kind: 'order',
  at,
  book: 'default',
  clientId: known.clientId ?? ID,
  state: {
    clientId: ID,
    symbol: 'BTCUSDT',
    side: 'LONG',
    status: 'over',
    size: 99.9,
    filled,
    reason: null,
    ...known,
  },
});
export const unknown = (at: number, clientId = ID): DeskInput => ({
  kind: 'order',
  at,
  book: 'default',
  clientId,
  state: null,
});
export const timer = (at: number): DeskInput => ({ kind: 'timer', at });
export const commands = (desk: TestDesk, at = NOW + 1) => commandsOf(desk.book(), at);
