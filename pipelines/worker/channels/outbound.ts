/** Writes to a stream no faster than its reader takes; what one bundle sends travels in few messages. */
import type { Elements, Elements_Data } from 'apache-beam/proto/beam_fn_api';

/** The part of a gRPC stream that is written to. */
export interface WritableStream<T> {
  write(message: T): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** Size from which a bundle's output is sent before the bundle ends. Unit: bytes. */
const MESSAGE_BYTES = 1 << 20;

export class Outbound {
  readonly #stream: WritableStream<Elements>;
  #drained: Promise<void> | undefined;
  #giveUp: (error: Error) => void = () => undefined;
  #error: Error | undefined;

  constructor(stream: WritableStream<Elements>) {
    this.#stream = stream;
  }

  /** Waits where the reader lags behind. @throws what the stream ended with. */
  async write(data: Elements_Data[]): Promise<void> {
    if (this.#error) throw this.#error;
    const isTaken = this.#stream.write({ data, timers: [] });
    if (!isTaken && !this.#drained) this.#drained = this.#untilDrained();
    await this.#drained;
  }

  /** Nothing can be written any more. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#giveUp(this.#error);
  }

  #untilDrained(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#giveUp = reject;
    promise.catch(() => undefined);
    this.#stream.once('drain', () => {
      this.#drained = undefined;
      resolve();
    });
    return promise;
  }
}

/** Output of one bundle, of all its sinks. */
export class BundleOutput {
  readonly #instructionId: string;
  readonly #outbound: Outbound;
  #pending: Elements_Data[] = [];
  #bytes = 0;

  constructor(instructionId: string, outbound: Outbound) {
    this.#instructionId = instructionId;
    this.#outbound = outbound;
  }

  async send(transformId: string, data: Uint8Array): Promise<void> {
    this.#add(transformId, data, false);
    if (this.#bytes >= MESSAGE_BYTES) await this.flush();
  }

  end(transformId: string): void {
    this.#add(transformId, new Uint8Array(), true);
  }

  async flush(): Promise<void> {
    const data = this.#pending;
    if (data.length === 0) return;
    this.#pending = [];
    this.#bytes = 0;
    await this.#outbound.write(data);
  }

  #add(transformId: string, data: Uint8Array, isLast: boolean): void {
    this.#pending.push({ instructionId: this.#instructionId, transformId, data, isLast });
    this.#bytes += data.length;
  }
}
