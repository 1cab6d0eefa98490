/** One topic of the outbox: what waits to be published, in order. First what is under way, then disk, then memory. */
import { messageOf } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { backoffMs } from '../backoff.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';
import { Complaint } from '../relay/complaint.ts';
import { type Waiting, WaitingQueue } from './outbox-queue.ts';
import type { Spill } from './spill.ts';

const BACKOFF = { firstMs: 100, maxMs: 10_000 };
export interface LaneOptions {
  readonly topic: TopicName;
  readonly clock: Clock;
  readonly spill: Spill | null;
  readonly publish: (topic: TopicName, messages: readonly OutgoingMessage[]) => Promise<void>;
  /** Messages up to this `seq` may be published now. */
  readonly limit: () => number;
  readonly isHeld: () => boolean;
  /** Something was published. */
  readonly onProgress: (topic: TopicName, messages: readonly OutgoingMessage[]) => void;
  /** Something lies on disk now. */
  readonly onWritten: () => void;
  readonly onTrouble: (line: string) => void;
}

interface Batch {
  readonly messages: readonly OutgoingMessage[];
  readonly done: () => Promise<void>;
}

export class Lane {
  readonly #options: LaneOptions;
  readonly #closing = new AbortController();
  readonly #queue: WaitingQueue;
  readonly #inFlight: WaitingQueue;
  /** Of the first message on disk; those of an earlier process come before all others. */
  #spilledSeq = 0;
  /** Messages on disk that an earlier process left. */
  #leftover: number;
  #writing: Promise<void> | null = null;
  #isRunning = false;
  #isAwake = false;
  /** When the attempt under way, with those that failed before it, began. */
  #attemptSinceMs: number | null = null;
  readonly #bus: Complaint;
  readonly #disk: Complaint;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#queue = new WaitingQueue();
    this.#inFlight = new WaitingQueue();
    this.#leftover = options.spill?.messages ?? 0;
    this.#bus = new Complaint(options.clock, options.onTrouble);
    this.#disk = new Complaint(options.clock, options.onTrouble);
  }

  /** What the bus said last, while it fails. */
  get busError(): string | null {
    return this.#bus.text;
  }

  get diskError(): string | null {
    return this.#disk.text;
  }

  /** In memory. */
  get bytes(): number {
    return this.#queue.bytes + this.#inFlight.bytes;
  }

  get queueBytes(): number {
    return this.#queue.bytes;
  }

  get depth(): number {
    return this.#queue.length + this.#inFlight.length + this.spilled;
  }

  get spilled(): number {
    return this.#options.spill?.messages ?? 0;
  }

  /** Of the oldest message in memory. */
  get oldestMs(): number {
    return this.#inFlight.first?.putMs ?? this.oldestQueuedMs;
  }

  get oldestQueuedMs(): number {
    return this.#queue.first?.putMs ?? Number.POSITIVE_INFINITY;
  }

  /** Of the oldest message not published; Infinity where there is none. */
  get oldestSeq(): number {
    const onDisk = this.spilled > 0 || this.#writing ? this.#spilledSeq : Number.POSITIVE_INFINITY;
    const first = this.#inFlight.first ?? this.#queue.first;
    return Math.min(onDisk, first?.seq ?? Number.POSITIVE_INFINITY);
  }

  isStalled(nowMs: number, stallMs: number): boolean {
    return this.#attemptSinceMs !== null && nowMs - this.#attemptSinceMs >= stallMs;
  }

  put(messages: readonly OutgoingMessage[], seq: number): void {
    this.#queue.push(messages, seq, this.#options.clock.now());
    this.wake();
  }

  /** Publishes what may be published, if that is not under way. */
  wake(): void {
    this.#isAwake = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  /** Removes the oldest messages in memory until at most so many bytes are left; returns them. */
  dropTo(bytes: number): Waiting[] {
    return this.#queue.dropTo(bytes);
  }

  /** Messages in memory now wait for those of the next `put`, too. */
  delay(): void {
    this.#queue.reorder(() => Number.POSITIVE_INFINITY);
  }

  /** It is known now what the delayed wait for. */
  settle(seq: number): void {
    this.#queue.reorder((own) => Math.min(own, seq));
    this.wake();
  }

  /** Removes what another has published: anywhere in memory, and the front of what is on disk. */
  async forget(isPublished: (message: OutgoingMessage, putMs: number) => boolean): Promise<void> {
    const isLeft = ({ message, putMs }: Waiting) => !isPublished(message, putMs);
    if (this.#attemptSinceMs === null) this.#inFlight.keep(isLeft);
    if (!this.#writing) this.#queue.keep(isLeft);
    const { spill } = this.#options;
    while (spill && spill.messages > 0 && this.#isHeld) {
      const { messages, done } = await spill.read();
      if (!messages.every((message) => isPublished(message, Number.NEGATIVE_INFINITY))) return;
      await done();
    }
  }

  /** Moves the oldest messages of the memory to disk, one chunk at a time. Never rejects: see `diskError`. */
  spillOver(): void {
    const { spill } = this.#options;
    if (!spill || this.#writing || this.#queue.length === 0) return;
    this.#writing = this.#write(spill).then((isWritten) => {
      this.#writing = null;
      this.wake();
      if (isWritten) this.#options.onWritten();
    });
  }

  /** Ends publishing, and forgets what is in memory. */
  async abandon(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  /** Ends publishing, and leaves what is left on disk. @throws UpstreamError where that cannot be. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
    const { spill } = this.#options;
    if (!spill) return;
    if (this.#inFlight.length > 0) await spill.prepend(this.#inFlight.messages);
    this.#inFlight.keep(() => false);
    if (this.#queue.length > 0) await spill.append(this.#queue.messages);
    this.#queue.keep(() => false);
  }

  /** Whoever held it before us is gone: what it left, nobody else may have. */
  get #isHeld(): boolean {
    return this.#options.isHeld() && this.#leftover === 0;
  }

  async #write(spill: Spill): Promise<boolean> {
    const chunk = this.#queue.batch(Number.POSITIVE_INFINITY);
    if (spill.messages === 0) this.#spilledSeq = chunk[0]!.seq;
    try {
      await spill.append(chunk.map(({ message }) => message));
      this.#queue.take(chunk.length);
      this.#disk.settle();
      return true;
    } catch (error) {
      this.#disk.raise(messageOf(error));
      return false;
    }
  }

  async #run(): Promise<void> {
    while (this.#isAwake && !this.#closing.signal.aborted) {
      this.#isAwake = false;
      if (await this.#step()) this.#isAwake = true;
    }
    this.#isRunning = false;
  }

  /** Publishes one batch; false where there is none now. */
  async #step(): Promise<boolean> {
    const { clock } = this.#options;
    for (let failures = 0; !this.#closing.signal.aborted && !this.#isHeld; ) {
      try {
        const batch = await this.#take();
        if (!batch) break;
        this.#attemptSinceMs ??= clock.now();
        if (this.#isHeld) break;
        await this.#publish(batch);
        return true;
      } catch (error) {
        failures += 1;
        this.#bus.raise(`Cannot publish to ${this.#options.topic}: ${messageOf(error)}`);
        await clock.until(clock.now() + backoffMs(failures, BACKOFF, 1), this.#closing.signal);
      }
    }
    // What was to be published is another's task now, or ours again later.
    this.#attemptSinceMs = null;
    return false;
  }

  async #publish({ messages, done }: Batch): Promise<void> {
    const { topic, publish, onProgress } = this.#options;
    if (messages.length > 0) await publish(topic, messages);
    if (this.#closing.signal.aborted) return;
    this.#inFlight.keep(() => false);
    this.#attemptSinceMs = null;
    this.#bus.settle();
    this.#leftover = Math.max(0, this.#leftover - messages.length);
    await done();
    onProgress(topic, messages);
  }

  async #take(): Promise<Batch | null> {
    const { spill, limit } = this.#options;
    if (this.#inFlight.length > 0) return this.#batchInFlight();
    if (spill && spill.messages > 0) return this.#spilledSeq <= limit() ? spill.read() : null;
    if (this.#writing) return null;
    this.#inFlight.add(this.#queue.take(this.#queue.batch(limit()).length));
    return this.#inFlight.length > 0 ? this.#batchInFlight() : null;
  }

  #batchInFlight(): Batch {
    return { messages: this.#inFlight.messages, done: async () => {} };
  }
}
