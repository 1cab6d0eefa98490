/** What an outbox does about a bus that takes nothing, or too little: first it waits, then it makes room. Pure. */
import type { OutboxOptions } from './outbox-options.ts';

const MAX_BYTES = 64 << 20;
const PATIENCE_MS = 5_000;

export interface Situation {
  /** A publish is under way for too long. */
  readonly isStalled: boolean;
  /** Something is on disk and not yet published. */
  readonly isOnDisk: boolean;
  /** The bus is another's now. */
  readonly isHeld: boolean;
  /** In memory. */
  readonly bytes: number;
}

interface Pressing extends Pick<Situation, 'bytes' | 'isHeld'> {
  /** There is a disk, and it takes what it is given. */
  readonly canSpill: boolean;
}

type Limits = Pick<OutboxOptions, 'log' | 'maxBytes' | 'patienceMs' | 'spillDir'>;

export class Standstill {
  readonly #options: Limits;
  readonly #maxBytes: number;
  #sinceMs: number | null = null;
  #isRelieving = false;
  /** As people have been told. */
  #isOnDisk: boolean;

  constructor(options: Limits, isOnDisk: boolean) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#isOnDisk = isOnDisk;
  }

  /** Memory must be freed: by disk, and by dropping snapshots. */
  get isRelieving(): boolean {
    return this.#isRelieving;
  }

  /** Sockets may be read as long as the disk takes what comes from them, or memory where the bus is another's. */
  pressure({ bytes, isHeld, canSpill }: Pressing): 'calm' | 'pause' {
    const isRoom = bytes < this.#maxBytes;
    if (isHeld) return isRoom || canSpill ? 'calm' : 'pause';
    if (this.#sinceMs === null) return 'calm';
    return this.#isRelieving && canSpill && isRoom ? 'calm' : 'pause';
  }

  look(now: number, situation: Situation): void {
    if (situation.isStalled || situation.bytes >= this.#maxBytes / 2) this.#stand(now, situation);
    else this.#move(situation);
  }

  #stand(now: number, { isHeld, isOnDisk, bytes }: Situation): void {
    const { patienceMs = PATIENCE_MS, spillDir, log } = this.#options;
    this.#sinceMs ??= now;
    const isPatient = now - this.#sinceMs < patienceMs;
    // Whoever goes through the disk already, or cannot ask anyone to wait, need not be patient.
    if (this.#isRelieving || (isPatient && !isOnDisk && !isHeld && bytes < this.#maxBytes)) return;
    this.#isRelieving = true;
    if (this.#isOnDisk) return;
    this.#isOnDisk = spillDir !== null;
    const where = spillDir ?? 'memory, and sockets are not read';
    log?.(`The bus does not keep up: trades go to ${where}; snapshots that are too many are dropped.`);
  }

  #move({ isOnDisk }: Situation): void {
    this.#sinceMs = null;
    this.#isRelieving = false;
    if (!this.#isOnDisk || isOnDisk) return;
    this.#isOnDisk = false;
    this.#options.log?.('All that waited on disk is published.', 'INFO');
  }
}
