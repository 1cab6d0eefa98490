/** Order of test files: those that take longest first, so that at the end no core waits for one of them alone. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of each tier; where a file is missing here, Vitest's own order has it. */
const LONGEST = [
  'test/browser/dashboard.test.ts',
  'test/start.test.ts',
  'connectors/bus/pubsub.test.ts',
  'test/browser/page.test.ts',
  'pipelines/replay/replay.test.ts',
  'cli/help.test.ts',
  'functions/entry.test.ts',
  'cli/cli.test.ts',
  'pipelines/replay/frames-replay.test.ts',
  'pipelines/no-lookahead.test.ts',
  'cli/lookahead/lookahead.test.ts',

  'functions/trade-desk/run.slow.test.ts',
  'functions/telegram-notifier/kill.slow.test.ts',
  'test/backtest.slow.test.ts',
  'test/browser/many-pairs.slow.test.ts',
  'test/browser/views.slow.test.ts',
  'test/golden.slow.test.ts',
  'test/stack-memory.slow.test.ts',
  'test/sql/event-backtest.slow.test.ts',
  'test/relay-pair.slow.test.ts',
  'functions/macro-engine/real.slow.test.ts',

  'test/engines/identical.engines.test.ts',
  'test/single-node.engines.test.ts',
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
