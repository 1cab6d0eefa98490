/** What an outbox is given and what it tells. */

import type { TopicName } from '../../schemas/topics.ts';
import type { OpenFile } from '../bus/embedded/files.ts';
import type { MessageBus, OutgoingMessage } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';
import type { FeedMessages } from '../feed/feed-io.ts';
import type { Notice } from '../log-line.ts';

export interface OutboxOptions {
  readonly bus: Pick<MessageBus, 'publish'>;
  /** Of waits and ages: the machine's. */
  readonly clock: Clock;
  /** Folder for what memory must not hold, the outbox's alone; null where there is no disk. */
  readonly spillDir: string | null;
  /** Dropped while the bus was away: snapshots. Within a second, claims for what they vouched for are to be put. */
  readonly onDropped: (dropped: FeedMessages) => void;
  /** Takes a sentence for people. */
  readonly log?: Notice;
  /** Default 2 s. */
  readonly stallMs?: number;
  /** Default 5 s: well before an exchange cuts a client that does not read. */
  readonly patienceMs?: number;
  /** Default 64 MB. Half of it is pressure. */
  readonly maxBytes?: number;
  /** Of snapshots, once some must be dropped. Default 2 MB: two minutes of 25 symbols. */
  readonly snapshotBytes?: number;
  readonly segmentBytes?: number;
  readonly openFile?: OpenFile;
  /** True: as if the bus were another's until `release`. */
  readonly isHeld?: boolean;
}

export interface OutboxStats {
  /** Messages not yet published, on disk or in memory. */
  readonly depth: number;
  /** In memory. */
  readonly bytes: number;
  readonly spilledMessages: number;
  readonly spilledBytes: number;
  /** Snapshots, since the start. */
  readonly dropped: number;
  readonly published: number;
  /** Of the oldest message in memory. Unit: ms; null where there is none. */
  readonly oldestAgeMs: number | null;
  readonly pressure: 'calm' | 'pause';
  /** What bus or disk said last; null while all is well. */
  readonly lastError: string | null;
}

/** A message as it leaves; the same for the same message. */
export type Stamp = (topic: TopicName, message: OutgoingMessage) => OutgoingMessage;
/** What the bus has taken, as it was put. */
export type OnPublished = (topic: TopicName, messages: readonly OutgoingMessage[]) => void;
