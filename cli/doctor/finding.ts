/** What a check has found: for people and programs. */
import { messageOf } from '../../schemas/errors.ts';

/** What was looked at; programs go by these names. */
export const CHECK_NAMES = [
  'settings',
  'dashboard',
  'telegram',
  'webhook',
  'account',
  'dead-man',
  'node',
  'disk',
  'files',
  'port',
  'state',
  'engine',
  'exchange',
  'clock',
  'cloud',
  'doctor',
] as const;
type CheckName = (typeof CHECK_NAMES)[number];

export interface Finding {
  readonly check: CheckName;
  /** `stop`: what it is about will not work. */
  readonly level: 'ok' | 'warning' | 'stop';
  readonly what: string;
  /** Null where all is well. */
  readonly why: string | null;
  /** A command, or a setting to change; null where all is well. */
  readonly remedy: string | null;
}

type Told = { readonly what: string; readonly why: string; readonly remedy: string };

export function ok(check: CheckName, what: string): Finding {
  return { check, level: 'ok', what, why: null, remedy: null };
}

export function found(check: CheckName, level: 'warning' | 'stop', { what, why, remedy }: Told): Finding {
  return { check, level, what, why, remedy };
}

/** For one line with others behind it. */
export function saidBy(error: unknown): string {
  return messageOf(error).replace(/\.$/, '');
}

/** What is refused is told in the words of whoever refuses it. @param judge Says how it is where it is well. */
export function judged(
  check: CheckName,
  { why, remedy, level = 'stop' }: Omit<Told, 'what'> & { readonly level?: 'warning' | 'stop' },
  judge: () => string,
): Finding {
  try {
    return ok(check, judge());
  } catch (error) {
    return found(check, level, { what: saidBy(error), why, remedy });
  }
}
