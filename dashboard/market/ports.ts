/** What a market is shown of: each part of a running stack that the dashboard looks at. It changes none of them. */
import type { Clock } from '../../connectors/clock/port.ts';
import type { History } from '../../connectors/history/port.ts';
import type { RelayStats } from '../../connectors/relay/relay.ts';
import type { CandleSource } from '../../functions/macro-engine/gather.ts';
import type { Book, Swing } from '../../functions/trade-desk/state.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { Venue } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { Overview, SignalDetail } from '../api.ts';
import type { LevelsParams } from './levels-now.ts';

/** Numbers that nobody else knows. */
export interface StackNumbers {
  readonly lagMs: number | null;
  readonly backlog: number;
  readonly alerts: { readonly sent: number; readonly waiting: number };
}

export interface MarketPorts {
  readonly source: Overview['source'];
  readonly version: string;
  readonly venue: Venue;
  /** Market time. */
  readonly clock: Clock;
  readonly history: Pick<History, 'query'>;
  /** Bars of before the history; null where nobody knows them. */
  readonly pastBars: CandleSource | null;
  readonly symbols: () => readonly string[];
  /** Of the graph. */
  readonly params: LevelsParams;
  /** Null where there is no feed, as in a replay. */
  readonly relay: () => Pick<RelayStats, 'symbols' | 'reconnects' | 'problem'> | null;
  readonly numbers: () => StackNumbers;
  readonly books: () => Promise<readonly Book[]>;
  readonly swings: () => Promise<readonly Swing[]>;
  /** A picture of a signal, as PNG; null where none can be drawn. */
  readonly drawChart: ((signal: ScalpSignal, exit: PositionEvent | null) => Promise<Uint8Array>) | null;
  /** Stages of a signal's way that were measured; null where none were. */
  readonly traceOf: (signal: ScalpSignal) => Promise<SignalDetail['trace']>;
}
