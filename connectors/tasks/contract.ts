/** What every TaskQueue keeps to; run against each twin. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ManualClock } from '../clock/manual.ts';
import type { NewTask, TaskAttempt, TaskHandler, TaskQueue } from './port.ts';

export interface TaskQueueUnderTest {
  readonly queue: TaskQueue;
  /** Time of the queue. */
  readonly clock: ManualClock;
  /** Who handles the tasks of a queue from now on. */
  handle(queue: string, handler: TaskHandler): void;
  /** The same queue in a new process; who handled is gone. */
  reopen(): Promise<TaskQueue>;
  dispose(): Promise<void>;
}

const QUEUE = 'charts';
const HOUR_MS = 3_600_000;
const task = (name: string, changes: Partial<NewTask> = {}): NewTask => ({
  queue: QUEUE,
  name,
  body: `{"name":"${name}"}`,
  ...changes,
});

export function testTaskQueueContract(name: string, open: () => Promise<TaskQueueUnderTest>): void {
  describe(`TaskQueue contract: ${name}`, () => {
    const opened: TaskQueueUnderTest[] = [];
    const make = async () => {
      const made = await open();
      opened.push(made);
      return made;
    };
    /** What is handled, in turn; `fails` says which attempts do. */
    const record = (made: TaskQueueUnderTest, fails = (_: TaskAttempt) => false) => {
      const attempts: TaskAttempt[] = [];
      made.handle(QUEUE, async (attempt) => {
        attempts.push(attempt);
        if (fails(attempt)) throw new Error('not yet');
      });
      return attempts;
    };
    const reaches = (attempts: readonly TaskAttempt[], count: number) =>
      vi.waitFor(() => expect(attempts).toHaveLength(count), { timeout: 5_000, interval: 2 });
    afterEach(async () => {
      for (const made of opened.splice(0)) await made.dispose();
    });

    it('hands over a task with its body', async () => {
      const made = await make();
      const attempts = record(made);
      expect(await made.queue.add(task('a', { body: '{"text":"ä 📊"}' }))).toBe('added');
      await reaches(attempts, 1);
      expect(attempts).toEqual([{ name: 'a', body: '{"text":"ä 📊"}', attempt: 1 }]);
    });

    it('takes a name once, while its task waits and after it is over', async () => {
      const made = await make();
      expect(await made.queue.add(task('a'))).toBe('added');
      expect(await made.queue.add(task('a', { body: '{}' }))).toBe('known');
      const attempts = record(made);
      await reaches(attempts, 1);
      expect(await made.queue.add(task('a'))).toBe('known');
      await made.queue.add(task('b'));
      await reaches(attempts, 2);
      expect(attempts.map((attempt) => attempt.body)).toEqual(['{"name":"a"}', '{"name":"b"}']);
    });

    it('keeps queues apart', async () => {
      const made = await make();
      const attempts = record(made);
      expect(await made.queue.add(task('a', { queue: 'others' }))).toBe('added');
      expect(await made.queue.add(task('a'))).toBe('added');
      await reaches(attempts, 1);
    });

    it('brings a task again that failed, until it succeeds', async () => {
      const made = await make();
      const attempts = record(made, ({ name: of, attempt }) => of === 'a' && attempt < 3);
      await made.queue.add(task('a'));
      await reaches(attempts, 1);
      while (attempts.length < 3) {
        await made.clock.advanceTo(made.clock.now() + 1_000);
        await new Promise(setImmediate);
      }
      await made.queue.add(task('b'));
      await reaches(attempts, 4);
      expect(attempts.map((attempt) => `${attempt.name}${attempt.attempt}`)).toEqual([
        'a1',
        'a2',
        'a3',
        'b1',
      ]);
    });

    it('waits until a task is due', async () => {
      const made = await make();
      const attempts = record(made);
      await made.queue.add(task('late', { notBeforeMs: made.clock.now() + HOUR_MS }));
      await made.queue.add(task('now'));
      await reaches(attempts, 1);
      await made.clock.advanceTo(made.clock.now() + HOUR_MS - 1);
      expect(attempts.map((attempt) => attempt.name)).toEqual(['now']);
      await made.clock.advanceTo(made.clock.now() + 1);
      await reaches(attempts, 2);
    });

    it('keeps tasks and names for the process after it', async () => {
      const made = await make();
      await made.queue.add(task('a'));
      await made.queue.close();
      const next = await made.reopen();
      expect(await next.add(task('a'))).toBe('known');
      const attempts = record(made);
      await reaches(attempts, 1);
    });

    it.each([
      ['queue', { queue: 'a b' }],
      ['task name', { name: 'a:b' }],
      ['102400 bytes', { body: 'x'.repeat(102_401) }],
    ])('refuses what no twin could take: %s', async (what, changes) => {
      const made = await make();
      await expect(made.queue.add({ ...task('a'), ...changes })).rejects.toThrow(what);
    });
  });
}
