/** Tests' runs with one fault, and what they are compared with. */
import type { MarketEvent } from '../../market-event.ts';
import { OrderBook } from '../../order-book.ts';
import { type Arrival, run, START } from '../client.fixture.ts';
import type { FAULTS, Fault, FaultKind } from './faults.ts';

export type ConnectionFaultKind = {
  [K in FaultKind]: (typeof FAULTS)[K] extends { isOnConnections: true } ? K : never;
}[FaultKind];
export type VenueFaultKind = Exclude<FaultKind, ConnectionFaultKind>;
export type Cases<K extends FaultKind> = Readonly<Record<K, () => void | Promise<void>>>;

export const BTC = 'BTCUSDT';
export const at = (seconds: number) => START + seconds * 1_000;

/** What came without a fault. */
export const plain = run('bybit', [], 60_000).client;

export const bybit = (fault: Omit<Fault, 'venue'>, seconds = 60) =>
  run('bybit', [{ venue: 'bybit', ...fault }], seconds * 1_000);
export const kraken = (fault: Omit<Fault, 'venue'>, seconds = 60) =>
  run('kraken', [{ venue: 'kraken', ...fault }], seconds * 1_000);

export const texts = (arrivals: readonly Arrival[]) => arrivals.map(({ text }) => text);
export const tallyOf = ({ twin }: ReturnType<typeof run>) => twin.report()[0]!;

export function bookFaults(events: readonly MarketEvent[], symbol: string) {
  const book = new OrderBook();
  return events.flatMap((event) =>
    event.kind === 'book' && event.symbol === symbol ? (book.apply(event) ?? []) : [],
  );
}
