/** A relay that may stand by for another: when both were away, the ledger tells it. */
import type { FeedEvent } from '../../schemas/feed-event.ts';
import type { Venue } from '../../schemas/primitives.ts';
import { feedEventMessage } from './messages.ts';
import { Standby } from './standby.ts';
import type { StandbyOptions, StandbyPorts } from './standby-options.ts';

export interface RelayPorts extends Omit<StandbyPorts, 'onGap' | 'recovering'> {
  readonly venue: Venue;
  /** Symbols of which trades are being recovered. */
  readonly recovering: () => Iterable<string>;
}

export function standBy(options: StandbyOptions, { venue, recovering, ...ports }: RelayPorts): Standby {
  const prefix = `${venue}:`;
  return new Standby(options, {
    ...ports,
    recovering: () => new Set(Array.from(recovering(), (symbol) => prefix + symbol)),
    onGap(key, from, to) {
      const event: FeedEvent = {
        ...{ id: `${key}:GAP:${from}:${to}`, venue, symbol: key.slice(prefix.length), kind: 'GAP' },
        ...{
          // Noticed with our first second, though told later: what the feed has recovered since then resolves it.
          ts: to,
          from,
          to,
          cause: 'no relay published',
          tradesRecovered: 0,
          resolved: false,
        },
      };
      ports.outbox.put([{ topic: 'feed-events', messages: [feedEventMessage(event)] }]);
    },
  });
}
