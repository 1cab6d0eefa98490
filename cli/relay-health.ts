/** Whether a relay is of use now, and why not. Times are the machine's, in ms. */

import type { RelayStats } from '../connectors/relay/relay.ts';
import { duration } from './figures.ts';

/** What relay and recorder tell of themselves at one moment. */
export interface RelayReport extends RelayStats {
  readonly recording: {
    readonly isRecording: boolean;
    readonly bytes: number;
    readonly entries: number;
    readonly problem: string | null;
  } | null;
}

/** Reconnecting takes seconds; an exchange that is away for longer is news. */
const DOWN_FOR_MS = 60_000;
/** A bus or a lease that failed once is tried again. */
const FAILING_FOR_MS = 30_000;
/** A publish takes milliseconds. */
const WAITING_MS = 5_000;

interface Trouble {
  readonly kind: 'feed' | 'bus' | 'lease';
  readonly sinceMs: number;
  readonly reason: string;
}

/** Remembers since when what is wrong has been wrong: ask it once a second or so. */
export class RelayHealth {
  readonly #troubles = new Map<Trouble['kind'], Trouble>();
  #published = 0;
  #isStopping = false;

  look(report: RelayReport, nowMs: number): void {
    const { published } = report.outbox;
    const takes = published !== this.#published;
    this.#published = published;
    this.#set('feed', feedTrouble(report), nowMs);
    this.#set('bus', busTrouble(report, takes), nowMs);
    this.#set('lease', report.standby?.problem ?? null, nowMs);
  }

  stopping(): void {
    this.#isStopping = true;
  }

  /** Why it is of no use now: none while it is. */
  reasons(nowMs: number): string[] {
    const lasting = [...this.#troubles.values()].filter(({ kind, sinceMs }) => {
      return nowMs - sinceMs >= (kind === 'feed' ? DOWN_FOR_MS : FAILING_FOR_MS);
    });
    const told = lasting.map(({ reason, sinceMs }) => `${reason} (for ${duration(nowMs - sinceMs)})`);
    return this.#isStopping ? ['It is stopping.', ...told] : told;
  }

  #set(kind: Trouble['kind'], reason: string | null, nowMs: number): void {
    if (reason === null) this.#troubles.delete(kind);
    else this.#troubles.set(kind, { kind, reason, sinceMs: this.#troubles.get(kind)?.sinceMs ?? nowMs });
  }
}

/** One connection of several that stands is enough to be of use. */
function feedTrouble({ connections, symbols }: RelayReport): string | null {
  const down = connections.filter(({ isOpen }) => !isOpen);
  if (down.length < connections.length || connections.length === 0) {
    const isUp = symbols.length === 0 || symbols.some(({ connected, isHalted }) => connected || isHalted);
    return isUp ? null : 'No symbol is subscribed.';
  }
  return `No connection: ${down[0]!.problem ?? 'it is being made.'}`;
}

/** What a standby keeps is not for the bus. @param takes It has taken something lately. */
function busTrouble({ outbox, standby }: RelayReport, takes: boolean): string | null {
  if (outbox.lastError !== null) return outbox.lastError;
  const isStuck = standby?.isActive !== false && !takes && (outbox.oldestAgeMs ?? 0) >= WAITING_MS;
  return isStuck ? 'The bus takes nothing, and does not say why.' : null;
}

export function healthBody(report: RelayReport, reasons: readonly string[]) {
  const { venue, symbols, connections, outbox, standby, recording, reconnects } = report;
  return {
    status: reasons.length === 0 ? 'ok' : 'failing',
    reasons,
    venue,
    role: standby === null ? 'alone' : standby.isActive ? 'active' : 'standby',
    symbols: symbols.length,
    connected: symbols.filter(({ connected }) => connected).length,
    connections: connections.map(({ connection, isOpen, problem }) => ({ connection, isOpen, problem })),
    reconnects,
    waiting: { messages: outbox.depth, onDisk: outbox.spilledMessages, oldestAgeMs: outbox.oldestAgeMs },
    recording: recording && { isRecording: recording.isRecording, problem: recording.problem },
  };
}
