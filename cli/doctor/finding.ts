/** What a check has found: for people and programs. */

export interface Finding {
  readonly check: string;
  /** `stop`: what it is about will not work. */
  readonly level: 'ok' | 'warning' | 'stop';
  readonly what: string;
  readonly why?: string;
  /** A command, or what to change. */
  readonly remedy?: string;
}

export const ok = (check: string, what: string): Finding => ({ check, level: 'ok', what });

export function found(
  check: string,
  level: 'warning' | 'stop',
  told: Required<Pick<Finding, 'what' | 'why' | 'remedy'>>,
): Finding {
  return { check, level, ...told };
}
