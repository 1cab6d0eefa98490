/** One difference between a running graph and its successor, its weight, and what to do. */

export type Verdict = 'safe' | 'needs mapping' | 'incompatible';

export interface Finding {
  readonly verdict: Verdict;
  /** Name of the step, in the running graph where it has it; '' where it is about all. */
  readonly step: string;
  readonly what: string;
  readonly remedy: string;
}

/** The way round where state cannot be handed over. */
export const ANEW =
  'Drain the running job (--drain), then deploy without --update, with --history for what it looks back at; docs/ENGINES.md says how to lose no bar.';

export function finding(verdict: Verdict, step: string, what: string, remedy: string): Finding {
  return { verdict, step, what, remedy };
}

/** For people: one line a finding, and under it what to do. */
export function reportOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'safe           the graphs are the same\n';
  return findings
    .map(({ verdict, step, what, remedy }) => {
      const subject = step === '' ? '' : `${step} `;
      return `${verdict.padEnd(14)} ${subject}${what}\n${remedy === '' ? '' : `${' '.repeat(15)}${remedy}\n`}`;
    })
    .join('');
}
