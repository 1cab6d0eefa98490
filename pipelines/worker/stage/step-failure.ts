/** Errors of steps, named after the innermost step they came through. */
import { InvariantError, messageOf } from '../../../schemas/errors.ts';
import type { StepInfo } from './step-clock.ts';

const named = new WeakSet<Error>();

/** `what` completes "could not …". An error that has a name already keeps it. */
export function failureOf(
  step: Pick<StepInfo, 'name' | 'transformId'>,
  what: string,
  thrown: unknown,
): Error {
  if (thrown instanceof Error && named.has(thrown)) return thrown;
  const failure = new InvariantError(
    `Step "${step.name}" (transform ${step.transformId}) could not ${what}: ${messageOf(thrown)}`,
    { cause: thrown },
  );
  named.add(failure);
  return failure;
}

/** Text for the runner: the message, then where the cause was thrown. */
export function describeFailure(thrown: unknown): string {
  const cause = thrown instanceof Error && named.has(thrown) ? thrown.cause : thrown;
  const stack = cause instanceof Error ? cause.stack : undefined;
  return stack ? `${messageOf(thrown)}\n${stack}` : messageOf(thrown);
}
