/**
 * What the dashboard's server and its page say to each other: every route with its query and answer, and every event.
 *
 * All of it is JSON in wire form, as messages are: times are ISO 8601 with ms. The page takes types alone from here
 * (`import type`), as `Wire<typeof Overview>`; the server parses queries and encodes answers with the schemas.
 *
 * An answer holds all that the events up to its `eventId` told. So a page that asks first and then follows
 * `/api/events?after=<eventId>` misses nothing; what it gets twice has the same id, and a higher revision replaces a lower.
 */
import type { z } from 'zod';

/** How a value of the schema travels: what the page gets. */
export type Wire<S extends z.ZodType> = z.input<S>;

export * from './api/events.ts';
export * from './api/market.ts';
export * from './api/routes.ts';
export * from './api/stack.ts';
