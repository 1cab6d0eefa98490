/** What the disk of this machine takes for a commit, while something else is measured. */
import { open } from 'node:fs/promises';
import { systemClock } from '../connectors/clock/system.ts';

/** How often the disk itself is tried meanwhile. Unit: ms. */
const TRY_DISK_MS = 200;

/** Writes and syncs a page every so often, as a commit does: what the disk of this machine takes for it at this hour. */
export function tryDisk(path: string): { stop(): Promise<number[]> } {
  const stopping = new AbortController();
  const times: number[] = [];
  const run = async () => {
    const file = await open(path, 'w');
    while (!stopping.signal.aborted) {
      const before = performance.now();
      await file.write(Buffer.alloc(4_096));
      await file.datasync();
      times.push(performance.now() - before);
      await systemClock.until(systemClock.now() + TRY_DISK_MS, stopping.signal);
    }
    await file.close();
    return times.sort((a, b) => a - b);
  };
  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
