/** What a relay of the pair and the test tell each other. */
import type { OutgoingMessage } from '../../connectors/bus/port.ts';
import type { TopicName } from '../../schemas/topics.ts';

export interface ChildOptions {
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly symbols: readonly string[];
  /** Market time: `startMs` at `originMs` of the machine's, then `speed` times as fast. */
  readonly originMs: number;
  readonly startMs: number;
  readonly speed: number;
  readonly leasePath: string;
  readonly holder: string;
  readonly ttlMs: number;
  readonly spillDir: string;
}

export interface Publish {
  readonly call: number;
  readonly topic: TopicName;
  readonly messages: readonly OutgoingMessage[];
}

export interface Published {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface State {
  readonly isUp: boolean;
  readonly isActive: boolean;
}
