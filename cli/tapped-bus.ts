/** A bus that tells someone in this process what was published: a subscription would keep it on disk for whoever is gone. */
import type { MessageBus, OutgoingMessage } from '../connectors/bus/port.ts';
import type { TopicName } from '../schemas/topics.ts';

/** Must neither throw nor wait. */
export type OnPublished = (topic: TopicName, messages: readonly OutgoingMessage[]) => void;

/** The bus itself where nobody listens. */
export function tappedBus(bus: MessageBus, onPublished: OnPublished | undefined): MessageBus {
  if (onPublished === undefined) return bus;
  return {
    async publish(topic, messages) {
      await bus.publish(topic, messages);
      onPublished(topic, messages);
    },
    subscribe: (topic, name, options) => bus.subscribe(topic, name, options),
    close: () => bus.close(),
  };
}
