/** Order of test files: those that take longest first, so that at the end no core waits for one of them alone. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of each tier; where a file is missing here, Vitest's own order has it. */
const LONGEST = [
  ...['test/start.test.ts', 'test/browser/dashboard.test.ts', 'pipelines/replay/replay.test.ts'],
  ...['test/trace.test.ts', 'cli/cli.test.ts', 'cli/sql.test.ts', 'cli/run.test.ts'],
  ...['pipelines/no-lookahead.test.ts', 'cli/lookahead/lookahead.test.ts', 'cli/tune/tape.test.ts'],

  ...['test/docs/walks.slow.test.ts', 'functions/trade-desk/run.slow.test.ts', 'test/backtest.slow.test.ts'],
  ...['test/browser/many-pairs.slow.test.ts', 'functions/telegram-notifier/kill.slow.test.ts'],
  ...['cli/parity/stack.slow.test.ts', 'test/sql/event-backtest.slow.test.ts', 'test/golden.slow.test.ts'],
  ...['functions/macro-engine/real.slow.test.ts', 'test/relay-pair.slow.test.ts', 'test/chaos.slow.test.ts'],

  ...['test/engines/identical.engines.test.ts', 'test/single-node.engines.test.ts'],
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

/** Files that share modules come in a row: one between them that does not would end the worker that has them loaded. */
function rankOf({ moduleId, project }: TestSpecification): number {
  if (project.name === 'alone') return -1;
  const rank = LONGEST.findIndex((path) => moduleId.endsWith(path));
  return rank === -1 ? LONGEST.length : rank;
}
