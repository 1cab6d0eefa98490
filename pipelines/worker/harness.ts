/** The worker: follows the runner's instructions until the runner ends the control stream, or it is told to stop. */
import '../../transforms/sdk.beam.ts';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type {
  InstructionRequest,
  InstructionResponse,
  ProcessBundleDescriptor,
} from 'apache-beam/proto/beam_fn_api';
import { BeamFnControlClient } from 'apache-beam/proto/beam_fn_api.grpc-client';
import type { Clock } from '../../connectors/clock/port.ts';
import type { Stopwatch } from '../../connectors/clock/stopwatch.ts';
import { within } from '../../connectors/clock/within.ts';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import { Bundles } from './bundles/bundles.ts';
import { Descriptors, type FetchDescriptor } from './bundles/descriptors.ts';
import { ShortIds } from './bundles/metrics.ts';
import { Channels } from './channels/channels.ts';
import { CHANNEL_OPTIONS, insecure, workerMetadata } from './channels/grpc.ts';
import { Control } from './control.ts';
import type { WorkerLog } from './logging.ts';
import { stopHooks } from './stop-hooks.ts';

export interface HarnessOptions {
  readonly workerId: string;
  readonly controlEndpoint: string;
  /** What the runner says that it can do, by urn. */
  readonly capabilities: readonly string[];
  /** How long to wait for the runner at the start. Unit: ms. */
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly stopwatch: Stopwatch;
  readonly log: WorkerLog;
}

/**
 * The runner takes a bundle's output with the answer that ends it, and so gets both or none. Apart, a worker that is
 * killed may have sent the answer and not the output; Beam's Java runner then waits for that without end.
 */
const OUTPUT_WITH_ANSWER = 'beam:protocol:control_response_elements_embedding:v1';
/** Bundles that wait for a runner that is gone must not keep what the worker has to give back. Unit: ms. */
const GIVE_BACK_AFTER_MS = 1_500;
/** Time to give it back where the runner ended the work. Unit: ms. */
const GIVE_BACK_WITHIN_MS = 5_000;

type Stream = ClientDuplexStream<InstructionResponse, InstructionRequest>;

export class Harness {
  readonly #options: HarnessOptions;
  readonly #client: BeamFnControlClient;
  readonly #channels: Channels;
  readonly #bundles: Bundles;
  readonly #control: Control;
  readonly #answering = new Set<Promise<void>>();
  readonly #ended = Promise.withResolvers<void>();
  #stream: Stream | undefined;
  #isStopping = false;
  #givenBack: Promise<void> | undefined;

  constructor(options: HarnessOptions) {
    const { workerId, controlEndpoint, capabilities, stopwatch, log } = options;
    this.#options = options;
    this.#client = new BeamFnControlClient(controlEndpoint, insecure(), CHANNEL_OPTIONS);
    this.#channels = new Channels(workerId, capabilities.includes(OUTPUT_WITH_ANSWER));
    const descriptors = new Descriptors(fetchFrom(this.#client, workerId));
    this.#bundles = new Bundles({ descriptors, channels: this.#channels, stopwatch });
    this.#control = new Control({
      bundles: this.#bundles,
      descriptors,
      shortIds: new ShortIds(),
      onFailure: (instructionId, message) => log.write('ERROR', message, instructionId),
    });
  }

  /** Resolves when the runner ends the control stream, or `stop` is through. @throws UpstreamError where the runner is gone. */
  async run(): Promise<void> {
    const { controlEndpoint, workerId } = this.#options;
    await this.#connect();
    if (this.#isStopping) return this.#close();
    const stream = this.#client.control(workerMetadata(workerId));
    this.#stream = stream;
    stream.on('data', (request: InstructionRequest) => this.#follow(stream, request));
    stream.on('end', () => this.#ended.resolve());
    stream.on('error', (error) => {
      const message = `The control stream to ${controlEndpoint} broke: ${messageOf(error)}`;
      if (this.#isStopping) this.#ended.resolve();
      else this.#ended.reject(new UpstreamError(message, { cause: error }));
    });
    try {
      await this.#ended.promise;
    } finally {
      await within(this.#options.clock, GIVE_BACK_WITHIN_MS, this.#giveBack());
      this.#close();
    }
  }

  /**
   * Finishes bundles at work, new ones are left to other workers, and gives back what is held from one to the next.
   * Ends at the deadline in any case. Unit: ms.
   */
  async stop(deadlineMs: number): Promise<void> {
    const { clock, log, workerId } = this.#options;
    this.#isStopping = true;
    log.write('INFO', `Worker ${workerId} stops: ${this.#bundles.running} at work.`);
    const answered = this.#allAnswered();
    const givenBack = within(clock, GIVE_BACK_AFTER_MS, answered).then(() => this.#giveBack());
    await within(clock, deadlineMs, Promise.all([answered, givenBack]));
    if (!this.#stream) return this.#ended.resolve();
    this.#stream.once('finish', () => this.#ended.resolve());
    this.#stream.end();
  }

  /** Bundles that anything here still holds data of. */
  get known(): number {
    return Math.max(this.#bundles.running, this.#channels.known);
  }

  async #connect(): Promise<void> {
    const { controlEndpoint, connectTimeoutMs, clock } = this.#options;
    const deadline = clock.now() + connectTimeoutMs;
    await new Promise<void>((resolve, reject) => {
      // A stream that breaks later is for `run` to tell.
      this.#ended.promise.then(resolve, () => undefined);
      this.#client.waitForReady(deadline, (error) => {
        if (!error) return resolve();
        const waited = `Expected a runner at ${controlEndpoint}, found none within ${connectTimeoutMs} ms.`;
        reject(
          new UpstreamError(`${waited} Start it first, or correct --control_endpoint.`, { cause: error }),
        );
      });
    });
  }

  #follow(stream: Stream, request: InstructionRequest): void {
    if (this.#isStopping && request.request.oneofKind === 'processBundle') return;
    const answering = this.#control.handle(request).then((response) => {
      stream.write(response);
    });
    this.#answering.add(answering);
    void answering.finally(() => this.#answering.delete(answering));
  }

  async #allAnswered(): Promise<void> {
    while (this.#answering.size > 0) await Promise.all(this.#answering);
  }

  #giveBack(): Promise<void> {
    this.#givenBack ??= stopHooks.run();
    return this.#givenBack;
  }

  #close(): void {
    this.#channels.close();
    this.#client.close();
  }
}

function fetchFrom(client: BeamFnControlClient, workerId: string): FetchDescriptor {
  return (processBundleDescriptorId) =>
    new Promise<ProcessBundleDescriptor>((resolve, reject) => {
      client.getProcessBundleDescriptor(
        { processBundleDescriptorId },
        workerMetadata(workerId),
        (error, value) => {
          if (value) return resolve(value);
          const expected = `Expected stage ${processBundleDescriptorId} from the runner`;
          reject(new UpstreamError(`${expected}, got: ${messageOf(error)}`));
        },
      );
    });
}
