/** What bundles send back: by the data stream, no faster than its reader takes, or with the answer that ends the bundle. */
import type { Elements, Elements_Data } from 'apache-beam/proto/beam_fn_api';

/** The part of a gRPC stream that is written to. */
export interface WritableStream<T> {
  /** `taken` is told when the message is in the kernel's hands. */
  write(message: T, taken: (error?: Error | null) => void): unknown;
}

/** Size from which a bundle's output is sent before the bundle ends. Unit: bytes. */
const MESSAGE_BYTES = 1 << 20;
/**
 * Output up to this size waits for the bundle's answer where the runner takes it there. Flink hands a replay's first
 * stage all its trades in one bundle, some 17 MB a day. Unit: bytes.
 */
const ANSWER_BYTES = 1 << 28;

export class Outbound {
  readonly #stream: WritableStream<Elements>;
  readonly #waiting = new Set<(error: Error) => void>();
  #error: Error | undefined;

  constructor(stream: WritableStream<Elements>) {
    this.#stream = stream;
  }

  /** Resolves when the kernel has it: a bundle must not be told to be done before. @throws what the stream ended with. */
  write(data: Elements_Data[]): Promise<void> {
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#stream.write({ data, timers: [] }, (error) => {
        this.#waiting.delete(reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Nothing can be written any more. */
  fail(error: Error): void {
    this.#error ??= error;
    for (const giveUp of this.#waiting) giveUp(this.#error);
    this.#waiting.clear();
  }
}

/** Output of one bundle, of all its sinks. */
export class BundleOutput {
  readonly #instructionId: string;
  readonly #outbound: Outbound;
  readonly #maxHeldBytes: number;
  #pending: Elements_Data[] = [];
  #bytes = 0;
  #isWhole: boolean;

  /** @param withAnswer Whether the runner takes output in the answer to the bundle. */
  constructor(instructionId: string, outbound: Outbound, withAnswer: boolean) {
    this.#instructionId = instructionId;
    this.#outbound = outbound;
    this.#isWhole = withAnswer;
    this.#maxHeldBytes = withAnswer ? ANSWER_BYTES : MESSAGE_BYTES;
  }

  async send(transformId: string, data: Uint8Array): Promise<void> {
    this.#add(transformId, data, false);
    if (this.#bytes >= this.#maxHeldBytes) await this.#flush();
  }

  end(transformId: string): void {
    this.#add(transformId, new Uint8Array(), true);
  }

  /**
   * What goes with the answer: all the bundle has put out, or nothing where some of it went ahead; that must not be
   * overtaken.
   */
  async finish(): Promise<Elements_Data[]> {
    if (this.#isWhole) return this.#take();
    await this.#flush();
    return [];
  }

  async #flush(): Promise<void> {
    this.#isWhole = false;
    const data = this.#take();
    if (data.length > 0) await this.#outbound.write(data);
  }

  #take(): Elements_Data[] {
    const data = this.#pending;
    this.#pending = [];
    this.#bytes = 0;
    return data;
  }

  #add(transformId: string, data: Uint8Array, isLast: boolean): void {
    this.#pending.push({ instructionId: this.#instructionId, transformId, data, isLast });
    this.#bytes += data.length;
  }
}
