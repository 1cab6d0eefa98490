/**
 * How much heap a worker may have: a pure function of the container's memory and the number of workers in it.
 * Left alone, each Node takes its heap for half of the whole container's memory, and siblings together are killed.
 */

const MB = 2 ** 20;
/** This process, which only watches: what it takes once it has loaded the runner's protocol. */
const BOOT_MB = 96;
/** Of a machine without a limit for the container: the rest is for the runner's own processes beside it. */
const OURS_OF_MACHINE = 0.75;
/** The rest of a worker's share: code, young generation, and the buffers of gRPC, which lie outside of the heap. */
const OLD_SPACE_OF_SHARE = 0.6;
/** A worker that has loaded the graph holds some 40 MB of heap; below this it would only collect garbage. */
const MIN_OLD_SPACE_MB = 96;

export interface ContainerMemory {
  /** Limit of the control group (v1 or v2), as `process.constrainedMemory()`: 0 or more than there is = none. Unit: bytes. */
  readonly limitBytes: number;
  /** Of the machine. */
  readonly totalBytes: number;
}

export interface WorkerMemory {
  /** For `--max-old-space-size`. Unit: MiB. */
  readonly oldSpaceMb: number;
  /** Set where the container is too small for its workers: what to do about it. */
  readonly warning?: string;
}

/** Memory of each of `workers` siblings. */
export function workerMemory({ limitBytes, totalBytes }: ContainerMemory, workers: number): WorkerMemory {
  const isLimited = limitBytes > 0 && limitBytes < totalBytes;
  const availableMb = (isLimited ? limitBytes : totalBytes * OURS_OF_MACHINE) / MB;
  const oldSpaceMb = Math.floor(((availableMb - BOOT_MB) / workers) * OLD_SPACE_OF_SHARE);
  if (oldSpaceMb >= MIN_OLD_SPACE_MB) return { oldSpaceMb };
  const neededMb = Math.ceil(BOOT_MB + (workers * MIN_OLD_SPACE_MB) / OLD_SPACE_OF_SHARE);
  return {
    oldSpaceMb: MIN_OLD_SPACE_MB,
    warning: `Expected ${neededMb} MiB for ${workers} worker(s), got ${Math.floor(availableMb)} MiB. Give the container more memory or fewer workers, or it may be killed.`,
  };
}
