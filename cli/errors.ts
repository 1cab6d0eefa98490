/** How a command ends when something is wrong: one line on stderr, and an exit code that scripts can rely on. */
import { CommanderError } from 'commander';
import { messageOf } from '../schemas/errors.ts';
import { printable } from './printable.ts';

/**
 * ok. error: the machine, the network or the exchange failed, or what was checked is not as it should be.
 * notFound: what another command made is not where it was looked for (history, journal, report, log, trace), or no query
 * has that name. notRunning: no stack runs. config: a flag, a setting or a file of one's own is wrong, or not there.
 * timeout: it goes on, but was not waited for any longer.
 */
export const EXIT = { ok: 0, error: 1, notFound: 2, notRunning: 3, config: 4, timeout: 5 } as const;

/** Exit code of anything thrown: our errors carry theirs, a wrong flag is a matter of configuration. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return isHelp(thrown) ? EXIT.ok : EXIT.config;
  const { exitCode } = (thrown ?? {}) as { exitCode?: unknown };
  return typeof exitCode === 'number' ? exitCode : EXIT.error;
}

/** Asked for, or shown because a command of commands was given none. */
function isHelp({ exitCode, code }: CommanderError): boolean {
  return exitCode === 0 || code === 'commander.help';
}

/** `Error: … (code N)`. */
export function errorLine(thrown: unknown): string {
  const text = printable(messageOf(thrown)).replace(/^error: /, '');
  return `Error: ${text} (code ${exitCodeOf(thrown)})`;
}
