/** Runs checks side by side: whatever becomes of one, the others go on. */
import type { Clock } from '../../connectors/clock/port.ts';
import { within } from '../../connectors/clock/within.ts';
import { type Finding, found, saidBy } from './finding.ts';

type Findings = Finding | readonly Finding[];

export interface Check {
  /** What it looks at, for people. */
  readonly of: string;
  readonly run: () => Findings | Promise<Findings>;
}

export interface CheckOptions {
  readonly clock: Clock;
  readonly patienceMs?: number;
}

/** Beyond what checks take that give up by themselves. */
const PATIENCE_MS = 25_000;

/** In the order of the checks, each as soon as those before it are there. One that fails, or does not end, is a finding itself. */
export async function* findingsOf(checks: readonly Check[], options: CheckOptions): AsyncGenerator<Finding> {
  const running = checks.map((check) => settled(check, options));
  for (const findings of running) yield* await findings;
}

async function settled(
  { of, run }: Check,
  { clock, patienceMs = PATIENCE_MS }: CheckOptions,
): Promise<readonly Finding[]> {
  let findings: Findings = [];
  try {
    const done = Promise.resolve()
      .then(run)
      .then((told) => {
        findings = told;
      });
    if (!(await within(clock, patienceMs, done)))
      return [unknown(of, `it took more than ${patienceMs / 1_000} s`)];
    return [findings].flat();
  } catch (error) {
    return [unknown(of, saidBy(error))];
  }
}

function unknown(of: string, problem: string): Finding {
  return found('doctor', 'warning', {
    what: `${of} could not be looked at: ${problem}`,
    why: 'Whether it is well is not known.',
    remedy: 'see what that names, with ls -l or curl -v, then cst doctor again',
  });
}
