/** What happened to a market feed: the raw material of the gap ledger. */
import { z } from 'zod';
import { EventTime, Venue, VenueSymbol } from './primitives.ts';

export const FEED_EVENT_KINDS = [
  'CONNECTED',
  'DISCONNECTED',
  'GAP',
  'RESYNC',
  'STALE',
  'RECOVERED',
  'REFUSED',
] as const;

export const FeedEvent = z.object({
  id: z.string().describe('venue:symbol:kind:ts.'),
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
