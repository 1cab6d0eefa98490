/** Pub/Sub for workers that need it: its client is loaded then, since the worker of a replay should not wait for it. */
import type { MessageBus } from '../../../connectors/bus/port.ts';
import type { PubSubBusOptions } from '../../../connectors/bus/pubsub.ts';
import { systemClock } from '../../../connectors/clock/system.ts';

export async function openLiveBus(options: Omit<PubSubBusOptions, 'clock'>): Promise<MessageBus> {
  const { openPubSubBus } = await import('../../../connectors/bus/pubsub.ts');
  return openPubSubBus({ ...options, clock: systemClock });
}
