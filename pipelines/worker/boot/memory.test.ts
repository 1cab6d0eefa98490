import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workerMemory } from './memory.ts';

const GB = 2 ** 30;

describe('memory of a worker', () => {
  it.each([
    // (1024 − 96) × 0.6
    ['one worker, container of 1 GiB', 1 * GB, 16 * GB, 1, 556],
    // (4096 − 96) / 4 × 0.6
    ['four workers, container of 4 GiB', 4 * GB, 16 * GB, 4, 600],
    // (8192 × 0.75 − 96) / 2 × 0.6
    ['two workers, no limit, machine of 8 GiB', 0, 8 * GB, 2, 1814],
    ['a limit of control groups v1 that means none', 2 ** 63 - 4096, 8 * GB, 2, 1814],
    ['a limit of control groups v2 that means none', 2 ** 64, 8 * GB, 2, 1814],
  ])('%s', (_, limitBytes, totalBytes, workers, oldSpaceMb) => {
    expect(workerMemory({ limitBytes, totalBytes }, workers)).toEqual({ oldSpaceMb });
  });

  it('says what is needed where the container is too small', () => {
    const { oldSpaceMb, warning } = workerMemory({ limitBytes: GB / 4, totalBytes: 8 * GB }, 2);
    expect(oldSpaceMb).toBe(96);
    // 96 + 2 × 96 / 0.6
    expect(warning).toMatch(/^Expected 416 MiB for 2 worker\(s\), got 256 MiB\./);
  });

  it('fits all heaps into the container, or warns', () => {
    const sizes = fc.record({
      limitBytes: fc.nat(64 * 1024).map((mb) => mb * 2 ** 20),
      totalBytes: fc.integer({ min: 512, max: 64 * 1024 }).map((mb) => mb * 2 ** 20),
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 96 }), (memory, workers) => {
        const { oldSpaceMb, warning } = workerMemory(memory, workers);
        const available = memory.limitBytes || memory.totalBytes;
        expect(warning !== undefined || oldSpaceMb * workers * 2 ** 20 < available).toBe(true);
        expect(oldSpaceMb).toBeGreaterThanOrEqual(96);
      }),
      { seed: 1 },
    );
  });
});
