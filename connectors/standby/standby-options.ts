/** What one of a pair of relays is given, and what it tells. */
import type { Clock } from '../clock/port.ts';
import type { Lease } from '../lease/port.ts';
import type { Notice } from '../log-line.ts';
import type { Outbox } from '../outbox/outbox.ts';

export interface StandbyOptions {
  readonly lease: Lease;
  /** New in each life of a process, and telling which: `relay-a 2026-11-21T17:00:00.000Z`. */
  readonly holder: string;
  /** Default 15 s. A relay that died is replaced after this, a third of it at most, and the lease's skew. */
  readonly ttlMs?: number;
  /** Default a sixth of the ttl. */
  readonly safetyMs?: number;
  /** How much of what the other has published is kept and published again. Market ms; default 5 s. */
  readonly overlapMs?: number;
  /** While the other tells nothing of how far it is, as much is kept. Unit: ms; default twice the ttl. */
  readonly keepMs?: number;
  /** Told whenever it begins or ends to be the one that publishes. */
  readonly onRole?: (isActive: boolean) => void;
}

export interface StandbyPorts {
  /** Opened with `isHeld`. */
  readonly outbox: Outbox;
  /** Of the lease and of waits: the machine's. */
  readonly clock: Clock;
  /** Market time. */
  readonly market: Clock;
  /** When the feed began. Market ms. */
  readonly startedMs: number;
  /** The feed receives everything now; as far as is known, where left out. */
  readonly isWhole?: () => boolean;
  /** Streams of which trades are being recovered. */
  readonly recovering?: () => ReadonlySet<string>;
  /** Nobody published [from, to) of the stream: both were away. Market ms. */
  readonly onGap: (key: string, from: number, to: number) => void;
  readonly log?: Notice;
}

export interface StandbyStats {
  readonly isActive: boolean;
  readonly holder: string;
  /** Of the holder; 0 where none is known. */
  readonly epoch: number;
  readonly takeovers: number;
  /** It publishes, or has received all that the other may not have published: either may die. */
  readonly isReady: boolean;
  /** What the lease's store said last; null while it answers. */
  readonly problem: string | null;
}
