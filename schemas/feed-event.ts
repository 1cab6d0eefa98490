/** What happened to a market feed: the raw material of the gap ledger. */
import { z } from 'zod';
import { EventTime, Venue, VenueSymbol } from './primitives.ts';

/**
 * Read in order, per symbol: a GAP adds its span to what may be missing, a RECOVERED takes its span off again; what is
 * left is lost. DISCONNECTED opens such a span: its end comes with the GAP. STALE and RESYNC tell why, or of books alone.
 * DIFFERS: the exchange's bar of the minute is not what we saw, and is published in the place of ours.
 * DROPPED: snapshots that nobody got; a claim stands for them.
 */
export const FEED_EVENT_KINDS = [
  'CONNECTED',
  'DISCONNECTED',
  'GAP',
  'RESYNC',
  'STALE',
  'RECOVERED',
  'REFUSED',
  'DIFFERS',
  'DROPPED',
  'ADDED',
  'REMOVED',
  'HALTED',
] as const;

export const FeedEvent = z.object({
  id: z.string().describe('venue:symbol:kind:ts ms, and :n for the n-th further one of that moment.'),
  venue: Venue,
  symbol: VenueSymbol,
  kind: z.enum(FEED_EVENT_KINDS).describe('What happened.'),
  ts: EventTime.describe('When it was noticed.'),
  from: EventTime.nullable().describe('Start of the span where data may be missing.'),
  to: EventTime.nullable().describe('End of that span, exclusive.'),
  cause: z.string().describe('What was seen.'),
  tradesRecovered: z.number().int().nonnegative().describe('Trades recovered for the span.'),
  resolved: z.boolean().describe('True where the span is known to be whole again.'),
});
export type FeedEvent = z.output<typeof FeedEvent>;
