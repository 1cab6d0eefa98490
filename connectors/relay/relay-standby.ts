/** A relay that may stand by for another: what nobody published while both were away is asked for, or told as lost. */
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { MINUTE_MS, type Venue } from '../../schemas/primitives.ts';
import type { Clock } from '../clock/port.ts';
import { within } from '../clock/within.ts';
import { feedEventMessage } from '../feed/messages.ts';
import { decodePosition } from '../standby/position.ts';
import { Standby } from '../standby/standby.ts';
import type { StandbyOptions, StandbyPorts } from '../standby/standby-options.ts';

/** Unit: network ms. */
const READ_MS = 5_000;
/** Longer ago is no use asking for: REST has some minutes of trades. Unit: market ms. */
const LOOK_BACK_MS = 3_600_000;

/**
 * Since when nobody may have published, by symbol: as far as the lease tells, which the one that publishes now may have
 * passed. Nothing where its store does not answer.
 */
export async function unpublishedSince(
  { lease }: StandbyOptions,
  venue: Venue,
  { nowMs, network }: { readonly nowMs: number; readonly network: Clock },
): Promise<Record<string, number>> {
  const reading = lease.read().catch(() => null);
  const state = (await within(network, READ_MS, reading)) ? await reading : null;
  const seconds = decodePosition(state?.position ?? '')?.until['book-snapshots'] ?? {};
  const ours = Object.entries(seconds).filter(([key]) => key.startsWith(`${venue}:`));
  return Object.fromEntries(
    ours.map(([key, until]) => [key.slice(venue.length + 1), Math.max(until, nowMs - LOOK_BACK_MS)]),
  );
}

export interface RelayPorts extends Omit<StandbyPorts, 'onGap' | 'recovering'> {
  readonly venue: Venue;
  /** From when on the feed itself tells what was lost, by symbol: see `unpublishedSince`. */
  readonly since: Readonly<Record<string, number>>;
  /** Symbols of which trades are being recovered. */
  readonly recovering: () => Iterable<string>;
}

export function standBy(
  options: StandbyOptions,
  { venue, since, recovering, ...ports }: RelayPorts,
): Standby {
  const prefix = `${venue}:`;
  return new Standby(options, {
    ...ports,
    recovering: () => new Set(Array.from(recovering(), (symbol) => prefix + symbol)),
    onGap(key, from, end) {
      const symbol = key.slice(prefix.length);
      const to = Math.min(end, since[symbol] ?? ports.startedMs - (ports.startedMs % MINUTE_MS));
      if (from >= to) return;
      const event: FeedEvent = {
        id: `${key}:GAP:${from}:${to}`,
        venue,
        symbol,
        kind: 'GAP',
        ts: ports.market.now(),
        from,
        to,
        cause: 'no relay published',
        tradesRecovered: 0,
        resolved: false,
      };
      ports.outbox.put([{ topic: 'feed-events', messages: [feedEventMessage(event)] }]);
    },
  });
}
