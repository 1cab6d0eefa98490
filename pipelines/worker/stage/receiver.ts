/** Hands elements to the steps that consume a collection: counted, timed, and with a name on every error. */
import type { WindowedValue } from 'apache-beam/values';
import type { IOperator, ProcessResult } from 'apache-beam/worker/operators';
import type { StepClock, StepInfo } from './step-clock.ts';
import { failureOf } from './step-failure.ts';

export interface Consumer {
  readonly operator: IOperator;
  readonly step: StepInfo;
}

/** Takes the place of the SDK's receiver before the SDK's operators. `null` = done, a promise = wait for it. */
export class StepReceiver {
  readonly #consumers: readonly Consumer[];
  readonly #count: { value: number };
  readonly #clock: StepClock;

  constructor(consumers: readonly Consumer[], count: { value: number }, clock: StepClock) {
    this.#consumers = consumers;
    this.#count = count;
    this.#clock = clock;
  }

  receive(element: WindowedValue<unknown>): ProcessResult {
    this.#count.value += 1;
    const consumers = this.#consumers;
    if (consumers.length === 1) return this.#hand(consumers[0]!, element);
    let waiting: Promise<void>[] | undefined;
    for (const consumer of consumers) {
      const result = this.#hand(consumer, element);
      if (result === null) continue;
      waiting ??= [];
      waiting.push(result);
    }
    return waiting ? Promise.all(waiting).then(() => undefined) : null;
  }

  #hand({ operator, step }: Consumer, element: WindowedValue<unknown>): ProcessResult {
    const interrupted = this.#clock.enter(step);
    try {
      const result = operator.process(element);
      return result === null || result === undefined ? null : named(step, result);
    } catch (thrown) {
      throw failureOf(step, 'process an element', thrown);
    } finally {
      this.#clock.leave(interrupted);
    }
  }
}

function named(step: StepInfo, result: Promise<void>): Promise<void> {
  const outcome = result.catch((thrown: unknown) => {
    throw failureOf(step, 'process an element', thrown);
  });
  // A sibling may throw before anyone waits for this one; the bundle fails by that.
  outcome.catch(() => undefined);
  return outcome;
}
