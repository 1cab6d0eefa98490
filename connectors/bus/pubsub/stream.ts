/** A pull stream that is opened again whenever it ends, and knows whether the server still answers. */
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { backoffMs } from '../../backoff.ts';
import type { Clock } from '../../clock/port.ts';
import { within } from '../../clock/within.ts';
import type { Clients, ReceivedMessage } from './clients.ts';
import { codeOf, PASSING_CODES } from './errors.ts';

/** The service closes streams after half an hour by itself. Unit: ms. */
const STREAM_MS = 1_800_000;
/** Silence after which the server is asked for a sign of life, and then given up. Unit: ms. */
const PING_AFTER_MS = 15_000;
/** How long a closed stream may take to say that this was all. Unit: ms. */
const CLOSING_MS = 1_000;
const BACKOFF = { firstMs: 50, maxMs: 5_000 };

interface PullRequest {
  readonly subscription?: string;
  readonly streamAckDeadlineSeconds?: number;
  readonly maxOutstandingMessages?: number;
  readonly maxOutstandingBytes?: number;
  readonly protocolVersion?: number;
}
interface PullResponse {
  readonly receivedMessages?: readonly ReceivedMessage[];
}
type Call = ClientDuplexStream<PullRequest, PullResponse>;

export interface StreamEvents {
  readonly received: (messages: readonly ReceivedMessage[]) => void;
  readonly connected: () => void;
  readonly disconnected: () => void;
  /** The stream ended with what does not pass by itself; resolves true where it may be opened again. */
  readonly refused: (error: unknown) => Promise<boolean>;
}

export class PullStream {
  readonly #clients: Clients;
  readonly #request: PullRequest;
  readonly #events: StreamEvents;
  readonly #clock: Clock;
  #call: Call | undefined;
  #isClosed = false;
  #isPaused = false;
  #failures = 0;
  #lastHeard = 0;
  #answersPings = false;
  #timer: NodeJS.Timeout | undefined;

  /** Starts at once. */
  constructor(clients: Clients, clock: Clock, request: PullRequest, events: StreamEvents) {
    this.#clock = clock;
    this.#clients = clients;
    this.#request = { ...request, protocolVersion: 1 };
    this.#events = events;
    void this.#open();
  }

  /** Takes no more until resumed. */
  pause(): void {
    this.#isPaused = true;
    this.#call?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#lastHeard = this.#clock.now();
    this.#call?.resume();
  }

  /** Asks for the end; what is on the way is still received. Resolves when all of it has come, or soon. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const call = this.#call;
    if (!call) return;
    const ended = new Promise<void>((resolve) => {
      call.on('end', resolve).on('error', () => resolve());
    });
    call.end();
    call.resume();
    await within(this.#clock, CLOSING_MS, ended);
    call.cancel();
  }

  async #open(): Promise<void> {
    try {
      await this.#clients.subscriber.initialize();
      const stub = await this.#clients.subscriber.subscriberStub;
      if (this.#isClosed) return;
      const call = stub!.streamingPull!({ deadline: new Date(this.#clock.now() + STREAM_MS) }) as Call;
      this.#call = call;
      this.#listen(call);
      call.write(this.#request);
      // Asks for a first sign of life.
      call.write({});
      this.#watch(call);
    } catch (error) {
      void this.#ended(error);
    }
  }

  #listen(call: Call): void {
    if (this.#isPaused) call.pause();
    call.on('metadata', () => this.#heard(call));
    call.on('data', (response: PullResponse) => {
      this.#heard(call);
      const messages = response.receivedMessages ?? [];
      if (messages.length > 0) this.#events.received(messages);
      else this.#answersPings = true;
    });
    let hasEnded = false;
    const ended = (error: unknown) => {
      if (hasEnded) return;
      hasEnded = true;
      void this.#ended(error);
    };
    call.on('error', (error: ServiceError) => ended(error));
    call.on('end', () => ended(undefined));
  }

  #heard(call: Call): void {
    if (this.#isClosed || call !== this.#call) return;
    this.#failures = 0;
    this.#lastHeard = this.#clock.now();
    this.#events.connected();
  }

  /** A paused stream is not asked: its answer could not be read. */
  #watch(call: Call): void {
    clearTimeout(this.#timer);
    this.#lastHeard = this.#clock.now();
    let isAsked = false;
    const check = () => {
      if (this.#isClosed || call !== this.#call) return;
      const isSilent = !this.#isPaused && this.#clock.now() - this.#lastHeard >= PING_AFTER_MS;
      if (isSilent && isAsked && this.#answersPings) {
        call.cancel();
        return;
      }
      if (isSilent && !isAsked) call.write({});
      isAsked = isSilent;
      this.#timer = setTimeout(check, PING_AFTER_MS);
    };
    this.#timer = setTimeout(check, PING_AFTER_MS);
  }

  async #ended(error: unknown): Promise<void> {
    if (this.#isClosed) return;
    this.#call = undefined;
    clearTimeout(this.#timer);
    this.#events.disconnected();
    const code = codeOf(error);
    const passes = error === undefined || code === undefined || PASSING_CODES.includes(code);
    if (!passes && !(await this.#events.refused(error))) return;
    if (this.#isClosed) return;
    this.#failures += 1;
    const waitMs = backoffMs(this.#failures, BACKOFF, 1);
    this.#timer = setTimeout(() => void this.#open(), waitMs);
  }
}
