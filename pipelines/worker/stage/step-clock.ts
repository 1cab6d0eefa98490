/** Knows which step runs now and adds up how long each did. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Stopwatch } from '../../../connectors/clock/stopwatch.ts';

/** A step as the clock and error messages know it. */
export interface StepInfo {
  readonly transformId: string;
  /** Name in the graph, as `GroupIntoMinute/Stamp`. */
  readonly name: string;
  /** Time in `process`. Unit: ms. */
  readonly time: { value: number };
}

/**
 * Between `enter` and `leave` no other bundle runs: both stand in one synchronous call.
 * Reads the time once per change of step; a step's own time leaves out the steps it calls.
 */
export class StepClock {
  readonly #stopwatch: Stopwatch;
  #current: StepInfo | undefined;
  /** Last reading, so that others need not read again. Unit: ms of the stopwatch. */
  last = 0;
  /** Time in any step. Unit: ms. */
  total = 0;

  constructor(stopwatch: Stopwatch) {
    this.#stopwatch = stopwatch;
  }

  get current(): StepInfo | undefined {
    return this.#current;
  }

  /** Returns the step that was interrupted, to be handed to `leave`. */
  enter(step: StepInfo): StepInfo | undefined {
    const interrupted = this.#current;
    this.#lap(interrupted);
    this.#current = step;
    return interrupted;
  }

  leave(interrupted: StepInfo | undefined): void {
    this.#lap(this.#current);
    this.#current = interrupted;
  }

  read(): number {
    return this.#stopwatch();
  }

  #lap(step: StepInfo | undefined): void {
    const now = this.#stopwatch();
    if (step) {
      step.time.value += now - this.last;
      this.total += now - this.last;
    }
    this.last = now;
  }
}

/** The bundle at work, for log entries. */
export const atWork = new AsyncLocalStorage<{ readonly instructionId: string; readonly clock: StepClock }>();
