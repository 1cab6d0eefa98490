/** The project's few errors. Each says what was expected, what came, what to do, and whether trying again can help. */

abstract class CstError extends Error {
  /** True where the same call may succeed later (a network, a lock, a full queue). */
  abstract readonly isRetryable: boolean;
  /** Exit code of the command line where this error ends a command. */
  abstract readonly exitCode: number;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A setting, a flag or an input file is wrong; a person must change it. */
export class ConfigError extends CstError {
  readonly isRetryable = false;
  readonly exitCode = 4;
}

/** Bytes are not what their schema says. In a stream it becomes a dead letter. */
export class WireFormatError extends CstError {
  readonly isRetryable = false;
  readonly exitCode = 4;
}

/** Something outside (exchange, disk, cloud) failed or is not reachable now. */
export class UpstreamError extends CstError {
  readonly isRetryable = true;
  readonly exitCode = 1;
}

/** What was named is not there. */
export class NotFoundError extends CstError {
  readonly isRetryable = false;
  readonly exitCode = 2;
}

/** What a command is about does not run now. */
export class NotRunningError extends CstError {
  readonly isRetryable = false;
  readonly exitCode = 3;
}

/** Something outside goes on, but took longer than was asked to wait for it. */
export class TimeoutError extends CstError {
  readonly isRetryable = true;
  readonly exitCode = 5;
}

/** A promise of ours is broken: a defect, never the user's fault. */
export class InvariantError extends CstError {
  readonly isRetryable = false;
  readonly exitCode = 1;
}

/** Text of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
