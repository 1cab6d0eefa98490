/** The first line of each segment of a journal: all that a feed needs besides its inputs. */
import { z } from 'zod';
import { Venue } from '../../schemas/primitives.ts';
import type { FeedOptions } from '../feed/feed.ts';

const instant = z.object({ market: z.number(), network: z.number() });

export const JOURNAL_VERSION = 1;

export const JournalHeader = z.object({
  kind: z.literal('journal'),
  version: z.literal(JOURNAL_VERSION),
  venue: Venue,
  /** Of the code that wrote it: another one may publish other bytes. */
  code: z.string(),
  /** Frames are read as it read them; the venue's own depth of books where left out. */
  adapter: z.object({ wsUrl: z.string(), restUrl: z.string(), bookDepth: z.number().exactOptional() }),
  /** FeedOptions but for the adapter. */
  feed: z.object({
    startedAt: instant,
    batchMs: z.number().optional(),
    copies: z.number().optional(),
    seed: z.number().optional(),
    liveness: z.record(z.string(), z.number()).optional(),
  }),
  /** From 1 on: of a run, which is the life of one relay. */
  segment: z.number().int().positive(),
  /** When this segment begins, and what is so by then; empty in the first. */
  at: instant,
  symbols: z.array(z.string()),
  halted: z.array(z.string()),
  open: z.array(z.number().int()),
});
export type JournalHeader = z.output<typeof JournalHeader>;

type Start = Omit<FeedOptions, 'adapter'>;
/** What a feed was made with. Never where the header would lose a part of it, so that this does not compile. */
export type FeedStart = [Exclude<keyof Start, keyof JournalHeader['feed']>] extends [never] ? Start : never;
