/** Input of bundles, in order: whatever comes for one bundle waits until all before it is processed. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Elements, Elements_Data } from 'apache-beam/proto/beam_fn_api';
import { InvariantError } from '../../../schemas/errors.ts';

/** Takes the data of one source of a bundle. */
export interface InputConsumer {
  /** `null` = done, a promise = wait for it. */
  consume(data: Uint8Array): Promise<void> | null;
}

/** Ids of bundles that are over, kept to drop what still arrives for them. */
const REMEMBERED = 10_000;

/**
 * Data may come before its bundle is known; it waits here. There is no back-pressure towards the runner, since bundles
 * share the stream and a paused one could hold up another: runners bound the size of bundles.
 */
export class Inbound {
  readonly #inputs = new Map<string, BundleInput>();
  readonly #over = new Set<string>();

  deliver(elements: Elements): void {
    for (const data of elements.data) this.#input(data.instructionId)?.push(data);
    for (const { instructionId, timers, isLast } of elements.timers) {
      if (timers.length === 0 && isLast) continue;
      const error = new InvariantError(
        'Expected no timers, got some. The worker runs graphs without timers.',
      );
      this.#input(instructionId)?.fail(error);
    }
  }

  /** Resolves when every consumer has had its last data. @throws what a consumer threw. */
  receive(instructionId: string, consumers: ReadonlyMap<string, InputConsumer>): Promise<void> {
    const input = this.#input(instructionId);
    if (!input) throw new InvariantError(`Expected a new bundle, got ${instructionId}, which is over.`);
    return input.open(consumers);
  }

  /** Forgets the bundle; what comes for it from now on is dropped. */
  forget(instructionId: string): void {
    this.#inputs.get(instructionId)?.fail(new InvariantError(`Bundle ${instructionId} is over.`));
    this.#inputs.delete(instructionId);
    this.#over.add(instructionId);
    if (this.#over.size > REMEMBERED) this.#over.delete(this.#over.values().next().value!);
  }

  /** No data will come any more. */
  fail(error: Error): void {
    for (const input of this.#inputs.values()) input.fail(error);
  }

  /** Bundles with data or waiting for some. */
  get size(): number {
    return this.#inputs.size;
  }

  #input(instructionId: string): BundleInput | undefined {
    if (this.#over.has(instructionId)) return undefined;
    const known = this.#inputs.get(instructionId);
    if (known) return known;
    const input = new BundleInput();
    this.#inputs.set(instructionId, input);
    return input;
  }
}

class BundleInput {
  readonly #queue: Elements_Data[] = [];
  readonly #done = Promise.withResolvers<void>();
  /** Sources that have not had their last data. */
  #open: Map<string, InputConsumer> | undefined;
  /** Runs a function in the async context of the bundle, not of the stream that brought its data. */
  #inContext: <R>(run: () => R) => R = (run) => run();
  #isPumping = false;
  #isOver = false;

  constructor() {
    // It may fail before the bundle starts and anyone waits.
    this.#done.promise.catch(() => undefined);
  }

  push(data: Elements_Data): void {
    if (this.#isOver) return;
    this.#queue.push(data);
    if (!this.#isPumping) this.#start();
  }

  open(consumers: ReadonlyMap<string, InputConsumer>): Promise<void> {
    this.#open = new Map(consumers);
    this.#inContext = AsyncLocalStorage.snapshot();
    this.#start();
    return this.#done.promise;
  }

  fail(error: Error): void {
    this.#isOver = true;
    this.#queue.length = 0;
    this.#done.reject(error);
  }

  #start(): void {
    const open = this.#open;
    if (open && !this.#isOver) void this.#inContext(() => this.#pump(open));
  }

  async #pump(open: Map<string, InputConsumer>): Promise<void> {
    this.#isPumping = true;
    try {
      while (!this.#isOver && open.size > 0) {
        const data = this.#queue.shift();
        if (!data) return;
        const result = consumerOf(open, data).consume(data.data);
        if (result) await result;
        if (data.isLast) open.delete(data.transformId);
      }
      if (open.size === 0) this.#end();
    } catch (error) {
      this.fail(error as Error);
    } finally {
      this.#isPumping = false;
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#done.resolve();
  }
}

function consumerOf(open: Map<string, InputConsumer>, data: Elements_Data): InputConsumer {
  const consumer = open.get(data.transformId);
  if (consumer) return consumer;
  throw new InvariantError(
    `Expected data for ${[...open.keys()].join(', ')}, got some for ${data.transformId} of ${data.instructionId}.`,
  );
}
