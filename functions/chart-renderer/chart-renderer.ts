/** Draws charts: a task of the queue becomes a picture that answers its message. */
import type { Clock } from '../../connectors/clock/port.ts';
import type { Messenger } from '../../connectors/messenger/port.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import type { TaskAttempt } from '../../connectors/tasks/port.ts';
import type { Venue } from '../../schemas/primitives.ts';

export interface ChartRendererOptions {
  readonly store: StateStore;
  readonly messenger: Messenger;
  readonly clock: Clock;
  /** Whose candles are drawn where the task does not say. */
  readonly venue: Venue;
  /** Told in a sentence what a person should know. */
  readonly onNotice?: (line: string) => void;
}

export class ChartRenderer {
  readonly #options: ChartRendererOptions;

  constructor(options: ChartRendererOptions) {
    this.#options = options;
  }

  /** Fulfilled: the task is over. Rejected: it is to come again. */
  async handle(attempt: TaskAttempt): Promise<void> {
    this.#options.onNotice?.(`Chart ${attempt.name}: not drawn yet.`);
  }

  /** Waits for the pictures under way. Idempotent. */
  async close(): Promise<void> {}
}
