/** Requests of one connection in their order, no more a second than the venue takes. Pure: told the time. */
import type { Stream } from '../exchanges/market-event.ts';
import type { SubscribeRequest, VenueAdapter } from '../exchanges/venue.ts';
import { streamName } from './connections.ts';

export interface Step {
  readonly isSubscribe: boolean;
  readonly stream: Stream;
  /** In a request of its own: one that is likely to be refused must not cost others. */
  readonly isAlone: boolean;
}

export interface OutgoingRequest extends SubscribeRequest {
  readonly isSubscribe: boolean;
}

export type Requester = Pick<VenueAdapter, 'subscribe' | 'unsubscribe' | 'streams' | 'limits'>;

export class RequestQueue {
  readonly #adapter: Requester;
  readonly #gapMs: number;
  #steps: Step[] = [];
  #packed: OutgoingRequest[] = [];
  #nextSend = 0;
  #ids = 0;

  constructor(adapter: Requester) {
    this.#adapter = adapter;
    this.#gapMs = Math.ceil(1_000 / adapter.limits.requestsPerSecond);
  }

  /** A new socket: what waited for the one before is of no use. */
  begin(now: number): void {
    this.#steps = [];
    this.#packed = [];
    this.#nextSend = now;
  }

  /** At the end; but what was never refused does not wait for what was, however much that is. */
  push(step: Step): void {
    const isFresh = step.isSubscribe && !step.isAlone;
    const before = isFresh ? this.#steps.findLastIndex((each) => !isRetry(each)) : this.#steps.length - 1;
    this.#steps.splice(before + 1, 0, step);
  }

  /** Takes a stream back; false where it stands in a request already, which will be sent. */
  cancelSubscribe(name: string): boolean {
    this.#steps = this.#steps.filter(
      ({ isSubscribe, stream }) => !isSubscribe || streamName(stream) !== name,
    );
    return !this.#packed.some(({ streams }) => streams.some((stream) => streamName(stream) === name));
  }

  /** The next request, once it may be sent. */
  take(now: number): OutgoingRequest | null {
    if (now < this.#nextSend) return null;
    if (this.#packed.length === 0) this.#pack();
    const request = this.#packed.shift() ?? null;
    if (request) this.#nextSend = now + this.#gapMs;
    return request;
  }

  /** Infinity where nothing waits. Unit: network ms. */
  get nextDue(): number {
    return this.#steps.length + this.#packed.length > 0 ? this.#nextSend : Number.POSITIVE_INFINITY;
  }

  /** The head of the queue as requests: as many steps of one kind as stand together. */
  #pack(): void {
    const [first] = this.#steps;
    if (!first) return;
    const { isSubscribe } = first;
    const differs = (step: Step) => step.isSubscribe !== isSubscribe || step.isAlone;
    const end = first.isAlone ? 1 : this.#steps.findIndex(differs);
    const steps = this.#steps.splice(0, end < 0 ? this.#steps.length : end);
    // What cannot be had again comes first.
    const rank = ({ kind }: Stream) => this.#adapter.streams.indexOf(kind);
    const streams = steps.map(({ stream }) => stream).toSorted((a, b) => rank(a) - rank(b));
    const nextId = () => ++this.#ids;
    const requests = this.#adapter[isSubscribe ? 'subscribe' : 'unsubscribe'](streams, nextId);
    this.#packed = requests.map((request) => ({ ...request, isSubscribe }));
  }
}

function isRetry({ isSubscribe, isAlone }: Step): boolean {
  return isSubscribe && isAlone;
}

/** A request under way. */
export interface Sent {
  readonly isSubscribe: boolean;
  /** Not answered yet, by name. */
  readonly open: Map<string, Stream>;
  /** Unit: network ms. */
  readonly deadline: number;
}

/** Number of the request that the stream waits for. */
export function requestOf(sent: ReadonlyMap<string, Sent>, stream: Stream | null): string | undefined {
  if (!stream) return undefined;
  for (const [id, { open }] of sent) if (open.has(streamName(stream))) return id;
  return undefined;
}

/** The stream as the request names it; some answers name the symbol alone, and their venue asks one kind at a time. */
export function matching({ open }: Sent, stream: Stream): Stream[] {
  const exact = open.get(streamName(stream));
  return exact ? [exact] : [...open.values()].filter(({ symbol }) => symbol === stream.symbol);
}
