/** Messages and pulls for the tests of a bus. */
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import type { Delivery, OutgoingMessage, Subscription } from './port.ts';

/** A message whose data is its name, under the key before its digits: `a1` belongs to `a`. */
export function message(name: string, eventTimeMs = 1000, id = name): OutgoingMessage {
  const attributes = standardAttributes(id, eventTimeMs);
  return { data: Buffer.from(name), attributes, orderingKey: name.replace(/\d+$/, '') };
}

/** Pulls until `count` deliveries have come. */
export async function pullAll(subscription: Subscription, count: number): Promise<Delivery[]> {
  const got: Delivery[] = [];
  while (got.length < count) {
    const deliveries = await subscription.pull(count - got.length);
    if (deliveries.length === 0) throw new Error(`the subscription closed after ${got.length} of ${count}`);
    got.push(...deliveries);
  }
  return got;
}
