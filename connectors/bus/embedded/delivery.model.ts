/** Naive oracle of one subscription: which numbers each key still owes, and which deliveries may settle them. */
import type { Delivery } from '../port.ts';

export class DeliveryModel {
  /** Published and not settled, per key, in order. */
  readonly #owed = new Map<string, number[]>();
  /** Every delivery not acked, with its deadline; those taken back settle nothing. */
  readonly deliveries: { readonly delivery: Delivery; readonly deadlineMs: number; isTakenBack: boolean }[] =
    [];

  publish(key: string, number: number): void {
    this.#owed.set(key, [...(this.#owed.get(key) ?? []), number]);
  }

  /** The number that this delivery must carry: the first its key owes beyond those handed out. */
  deliver(delivery: Delivery, deadlineMs: number): number | undefined {
    const { orderingKey } = delivery;
    const held = this.deliveries.filter(
      (other) => other.delivery.orderingKey === orderingKey && !other.isTakenBack,
    );
    this.deliveries.push({ delivery, deadlineMs, isTakenBack: false });
    return this.#owed.get(orderingKey)?.[held.length];
  }

  ack(index: number): void {
    const found = this.deliveries[index]!;
    if (found.isTakenBack) return;
    this.deliveries.splice(index, 1);
    const owed = this.#owed.get(found.delivery.orderingKey)!;
    owed.splice(owed.indexOf(numberOf(found.delivery)), 1);
  }

  nack(index: number): void {
    const { delivery, isTakenBack } = this.deliveries[index]!;
    if (isTakenBack) return;
    for (const other of this.deliveries) {
      const isSameKey = other.delivery.orderingKey === delivery.orderingKey;
      if (isSameKey && numberOf(other.delivery) >= numberOf(delivery)) other.isTakenBack = true;
    }
  }

  expire(nowMs: number): void {
    this.deliveries.forEach(({ deadlineMs }, i) => {
      if (deadlineMs <= nowMs) this.nack(i);
    });
  }

  /** Nothing is handed out any more. */
  restart(): void {
    this.deliveries.length = 0;
  }

  backlog(): number {
    return [...this.#owed.values()].flat().length;
  }

  /** Numbers that a pull can give. */
  pending(): number {
    return this.backlog() - this.deliveries.filter(({ isTakenBack }) => !isTakenBack).length;
  }
}

/** The digits of a message's id. */
export function numberOf(delivery: Delivery): number {
  return Number(delivery.attributes.id?.replace(/\D/g, ''));
}
