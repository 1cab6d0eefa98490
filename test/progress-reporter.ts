/**
 * Results as they come, for whoever has to count them although the run was cut short: one line of JSON a test that
 * begins or ends, in the file that TEST_REPORT names.
 */
import { appendFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** What the lines hold; a file that cannot be loaded counts as a test that failed. */
type Line =
  | { readonly event: 'begin'; readonly id: string; readonly name: string }
  | {
      readonly event: 'result';
      readonly id: string;
      readonly name: string;
      readonly state: 'passed' | 'failed' | 'skipped';
      readonly seconds: number;
      /** Of a test that failed: its first lines. */
      readonly error?: string;
    }
  | { readonly event: 'end' };

export default class ProgressReporter implements Reporter {
  onTestCaseReady(test: TestCase): void {
    write({ event: 'begin', id: test.id, name: nameOf(test) });
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    if (state === 'pending') return;
    const seconds = Math.round((test.diagnostic()?.duration ?? 0) / 1_000);
    write({ event: 'result', id: test.id, name: nameOf(test), state, seconds, ...firstLines(errors) });
  }

  onTestModuleEnd(file: TestModule): void {
    const { id, relativeModuleId: name } = file;
    const errors = file.errors();
    if (errors.length > 0)
      write({ event: 'result', id, name, state: 'failed', seconds: 0, ...firstLines(errors) });
  }

  onTestRunEnd(): void {
    write({ event: 'end' });
  }
}

function firstLines(errors: readonly { readonly message: string; readonly stack?: string }[] = []): {
  error?: string;
} {
  if (errors.length === 0) return {};
  return {
    error: errors
      .map(({ message, stack }) => (stack ?? message).split('\n').slice(0, 12).join('\n'))
      .join('\n'),
  };
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function write(line: Line): void {
  appendFileSync(process.env.TEST_REPORT!, `${JSON.stringify(line)}\n`);
}
