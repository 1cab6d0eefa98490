import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { screenOf } from './screen.ts';

/** What a pipe is to the process. */
function pipe() {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  return { stream, said: () => (stream as unknown as PassThrough).read()?.toString() ?? '' };
}

describe('without a terminal', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('a sentence that comes again and again is told once between blocks of status', () => {
    const [output, errors] = [pipe(), pipe()];
    const screen = screenOf(output.stream, errors.stream);
    screen.follow({ notice: () => expect.unreachable(), text: () => 'status' });
    for (let i = 0; i < 1_000; i++) screen.notice(i % 2 === 0 ? 'The disk is full.' : 'Charts wait.');
    expect(errors.said()).toBe('The disk is full.\nCharts wait.\n');
    vi.advanceTimersByTime(10_000);
    screen.notice('The disk is full.');
    expect(errors.said()).toBe('status\nThe disk is full.\n');
    screen.end('summary');
    expect(errors.said()).toBe('summary\n');
    expect(output.said()).toBe('');
  });
});
