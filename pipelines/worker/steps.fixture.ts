/** Steps for tests of the worker, registered wherever this is imported. */
import { systemStopwatch } from '../../connectors/clock/stopwatch.ts';
import { register } from '../../transforms/beam.ts';

/** Keeps the process busy for `config.ms` per element. Unit: ms. */
export function* busy(element: number, config: { ms: number }): Iterable<number> {
  const end = systemStopwatch() + config.ms;
  while (systemStopwatch() < end);
  yield element;
}

export function* failOn(element: number, config: { value: number }): Iterable<number> {
  if (element === config.value) throw new Error(`no ${element} please`);
  yield element;
}

export function* logged(element: number): Iterable<number> {
  console.warn(`saw ${element}`);
  yield element;
}

/** As libraries print what they caught. */
export function* prints(element: number): Iterable<number> {
  console.error('saw', new Error(`${element} is odd`));
  yield element;
}

interface Meters {
  readonly seen: { increment(): void };
  readonly sizes: { update(value: number): void };
}

export function* metered(element: number, { seen, sizes }: Meters): Iterable<number> {
  seen.increment();
  sizes.update(element);
  yield element;
}

register('pipelines/worker/steps.fixture', { busy, failOn, logged, prints, metered });
