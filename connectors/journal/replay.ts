/** A journal through the feed that it was told to: the same messages, byte for byte, in virtual time. */
import { venueAdapter } from '../exchanges/adapters.ts';
import { Feed, type FeedOptions } from '../feed/feed.ts';
import type { FeedMessages, Instant } from '../feed/feed-io.ts';
import type { JournalHeader } from './header.ts';
import type { Journal, JournalRun } from './reader.ts';

/** What one input led to. */
export interface ReplayedInput {
  readonly at: Instant;
  /** True of frames: what a connection brought. */
  readonly isFrame: boolean;
  readonly messages: readonly FeedMessages[];
}

export interface JournalReplayOptions {
  /** Share of the journal read so far, 0..1. */
  readonly onProgress?: (share: number) => void;
  /** Told of everything that the feed published. */
  readonly onMessages?: (messages: FeedMessages) => void;
  /** Bytes that are no block: the torn tail of a run that was killed, or damage. */
  readonly onDamage?: (bytes: number, header: JournalHeader) => void;
}

/**
 * Block by block, run by run, each with a feed of its own. What the feed asks for is not asked again: the answers are in
 * the journal. Where the start of a run was removed, its feed begins with what was so then: books until their next
 * snapshot and the first minutes are not whole.
 * @throws UpstreamError, WireFormatError where the journal cannot be read.
 */
export async function* replayJournal(
  journal: Journal,
  { onProgress, onDamage, onMessages }: JournalReplayOptions = {},
): AsyncGenerator<readonly ReplayedInput[]> {
  let read = 0;
  for (const run of journal.runs) {
    const { feed, begin } = feedOf(run);
    yield begin;
    for await (const { entries, bytes, damagedBytes } of run.blocks()) {
      if (damagedBytes > 0) onDamage?.(damagedBytes, run.header);
      const inputs: ReplayedInput[] = [];
      for (const { input, at } of entries) {
        const { messages } = feed.apply(input, at);
        for (const told of messages) onMessages?.(told);
        inputs.push({ at, isFrame: input.kind === 'frame', messages });
      }
      read += bytes;
      onProgress?.(read / journal.bytes);
      yield inputs;
    }
  }
}

function feedOf({ header, isWhole }: JournalRun): { feed: Feed; begin: ReplayedInput[] } {
  const adapter = venueAdapter(header.venue, header.adapter);
  const startedAt = isWhole ? header.feed.startedAt : header.at;
  const feed = new Feed({ ...header.feed, adapter, startedAt } as FeedOptions);
  if (isWhole) return { feed, begin: [] };
  const { symbols, halted, open, at } = header;
  const messages = [...feed.apply({ kind: 'symbols', symbols, halted }, at).messages];
  for (const connection of open) messages.push(...feed.apply({ kind: 'opened', connection }, at).messages);
  return { feed, begin: [{ at, isFrame: false, messages }] };
}
