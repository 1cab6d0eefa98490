/**
 * Which streams of a connection are subscribed: requests out, answers in. Pure: told the time, it says what to send.
 * Whether a venue answers a request as a whole (Bybit) or each stream of it (Kraken) shows in its answers.
 */
import { backoffMs } from '../backoff.ts';
import type { AckEvent, RefusalEvent, Stream } from '../exchanges/market-event.ts';
import { streamName } from './connections.ts';
import {
  matching,
  type OutgoingRequest,
  type Requester,
  RequestQueue,
  requestOf,
  type Sent,
} from './request-queue.ts';

/** A refused stream is asked for again, since it may be listed meanwhile. Unit: network ms. */
const REFUSED = { firstMs: 5_000, maxMs: 600_000 };
/** How long a request waits for its answer, each time longer. Unit: network ms. */
const UNANSWERED = { firstMs: 5_000, maxMs: 60_000 };
const LEAVING_TRIES = 3;

interface Wanted {
  readonly stream: Stream;
  /** `queued`: not sent yet; `refused`: waits for its next try. */
  phase: 'queued' | 'asked' | 'subscribed' | 'refused';
  refusals: number;
  /** Requests in a row that nobody answered. */
  unanswered: number;
  /** Of the next try of a refused one. Unit: network ms. */
  retryAt: number;
}

export interface Refused {
  /** Newly subscribed, since the venue says that they were already. */
  readonly subscribed: readonly Stream[];
  /** Told once, and again only after they had been subscribed. */
  readonly refused: readonly Stream[];
}

export class Subscriptions {
  readonly #requests: RequestQueue;
  readonly #wanted = new Map<string, Wanted>();
  /** Unsubscribed, but data may still be under way; how often that was asked for. */
  readonly #leaving = new Map<string, number>();
  readonly #sent = new Map<string, Sent>();
  readonly #refused = new Set<Wanted>();
  #isOpen = false;
  #answersPerStream = false;

  constructor(adapter: Requester) {
    this.#requests = new RequestQueue(adapter);
  }

  /** A new socket knows nothing of the one before: everything is asked for, what was refused by itself. */
  opened(now: number): void {
    this.closed();
    this.#isOpen = true;
    this.#requests.begin(now);
    for (const wanted of this.#wanted.values()) this.#ask(wanted, wanted.refusals > 0);
  }

  closed(): void {
    this.#isOpen = false;
    this.#sent.clear();
    this.#leaving.clear();
    this.#refused.clear();
    for (const wanted of this.#wanted.values()) wanted.phase = 'queued';
  }

  want(streams: readonly Stream[]): void {
    for (const stream of streams) {
      const name = streamName(stream);
      if (this.#wanted.has(name)) continue;
      const wanted: Wanted = { stream, phase: 'queued', refusals: 0, unanswered: 0, retryAt: 0 };
      this.#wanted.set(name, wanted);
      if (this.#isOpen) this.#ask(wanted, false);
    }
  }

  drop(streams: readonly Stream[]): void {
    for (const stream of streams) {
      const name = streamName(stream);
      const wanted = this.#wanted.get(name);
      if (!wanted) continue;
      this.#wanted.delete(name);
      this.#refused.delete(wanted);
      const isUnasked = this.#requests.cancelSubscribe(name) && wanted.phase === 'queued';
      if (!isUnasked && wanted.phase !== 'refused') this.#leave(stream, false);
    }
  }

  /** Asks for a fresh beginning of a stream: a new snapshot, or an end of its silence. No-op while it is being asked for. */
  renew(stream: Stream): void {
    const wanted = this.#wanted.get(streamName(stream));
    if (wanted?.phase !== 'subscribed') return;
    this.#leave(stream, false);
    this.#ask(wanted, false);
  }

  /** Streams that are subscribed by this answer and were not before. */
  acknowledged({ requestId, stream }: AckEvent): Stream[] {
    if (stream) this.#answersPerStream = true;
    const id = requestId ?? requestOf(this.#sent, stream);
    const sent = this.#sent.get(id ?? '');
    if (!sent) return [];
    const answered = stream ? matching(sent, stream) : [...sent.open.values()];
    this.#answer(id!, sent, answered);
    if (sent.isSubscribe) return answered.filter((each) => this.#subscribed(each));
    for (const each of answered) this.#leaving.delete(streamName(each));
    return [];
  }

  refused({ requestId, stream, isSubscribed }: RefusalEvent, now: number): Refused {
    const id = requestId ?? requestOf(this.#sent, stream);
    const sent = this.#sent.get(id ?? '');
    if (!sent) return { subscribed: [], refused: [] };
    const named = stream ? matching(sent, stream) : [];
    const blamed = named.length === 0 && sent.open.size === 1 ? [...sent.open.values()] : named;
    this.#answer(id!, sent, blamed);
    // Where nobody is blamed, each tells of itself.
    if (blamed.length === 0 || !this.#answersPerStream) this.#askOthers(id!, sent, blamed.length === 0);
    if (!sent.isSubscribe) {
      for (const each of blamed) this.#leaving.delete(streamName(each));
      return { subscribed: [], refused: [] };
    }
    if (isSubscribed) return { subscribed: blamed.filter((each) => this.#subscribed(each)), refused: [] };
    return { subscribed: [], refused: blamed.filter((each) => this.#refuse(each, now)) };
  }

  /** Data have come: true where they are the first word of the subscription, ahead of its answer. */
  proven(stream: Stream): boolean {
    const name = streamName(stream);
    const wanted = this.#wanted.get(name);
    if (!wanted || this.#leaving.has(name)) return false;
    if (wanted.phase === 'queued' && wanted.unanswered > 0) {
      this.#requests.cancelSubscribe(name);
      wanted.phase = 'asked';
    }
    return this.#subscribed(stream);
  }

  isSubscribed(stream: Stream): boolean {
    return this.#wanted.get(streamName(stream))?.phase === 'subscribed';
  }

  /** True where data of the stream are no surprise. */
  knows(stream: Stream): boolean {
    return this.#wanted.has(streamName(stream)) || this.#leaving.has(streamName(stream));
  }

  /** The next frame to send, once it is time; to be called again at `nextDue`. */
  take(now: number): string | null {
    if (!this.#isOpen) return null;
    this.#giveUp(now);
    for (const wanted of this.#refused) if (now >= wanted.retryAt) this.#ask(wanted, true);
    const request = this.#requests.take(now);
    if (!request) return null;
    this.#expect(request, now);
    return request.frame;
  }

  /** When time alone has something to do here; Infinity for never. Unit: network ms. */
  get nextDue(): number {
    if (!this.#isOpen) return Number.POSITIVE_INFINITY;
    let due = this.#requests.nextDue;
    for (const { deadline } of this.#sent.values()) due = Math.min(due, deadline);
    for (const { retryAt } of this.#refused) due = Math.min(due, retryAt);
    return due;
  }

  #ask(wanted: Wanted, isAlone: boolean): void {
    wanted.phase = 'queued';
    this.#refused.delete(wanted);
    this.#requests.push({ isSubscribe: true, stream: wanted.stream, isAlone });
  }

  #leave(stream: Stream, isAlone: boolean): void {
    const name = streamName(stream);
    this.#leaving.set(name, 1 + (this.#leaving.get(name) ?? 0));
    this.#requests.push({ isSubscribe: false, stream, isAlone });
  }

  #expect({ requestId, isSubscribe, streams }: OutgoingRequest, now: number): void {
    let unanswered = 0;
    const open = new Map(streams.map((stream) => [streamName(stream), stream]));
    for (const name of open.keys()) {
      const wanted = this.#wanted.get(name);
      if (!isSubscribe || wanted?.phase !== 'queued') continue;
      wanted.phase = 'asked';
      unanswered = Math.max(unanswered, wanted.unanswered);
    }
    const deadline = now + backoffMs(1 + unanswered, UNANSWERED, 1);
    this.#sent.set(requestId, { isSubscribe, open, deadline });
  }

  /** Requests that nobody has answered: once more, and from the third time on each stream by itself. */
  #giveUp(now: number): void {
    for (const [id, sent] of this.#sent) {
      if (now < sent.deadline) continue;
      let unanswered = 0;
      for (const name of sent.open.keys()) {
        const wanted = this.#wanted.get(name);
        if (sent.isSubscribe && wanted) unanswered = Math.max(unanswered, ++wanted.unanswered);
      }
      this.#askOthers(id, sent, unanswered > 1);
    }
  }

  #askOthers(id: string, sent: Sent, isAlone: boolean): void {
    this.#sent.delete(id);
    for (const [name, stream] of sent.open) {
      const wanted = this.#wanted.get(name);
      if (sent.isSubscribe) {
        if (wanted?.phase === 'asked') this.#ask(wanted, isAlone);
      } else this.#leaveAgain(stream, name);
    }
  }

  /** Not where it is wanted again: that request follows already, and must be the last word. */
  #leaveAgain(stream: Stream, name: string): void {
    const tries = this.#leaving.get(name) ?? 0;
    if (this.#wanted.has(name) || tries >= LEAVING_TRIES) this.#leaving.delete(name);
    else this.#leave(stream, true);
  }

  #answer(id: string, sent: Sent, answered: readonly Stream[]): void {
    for (const stream of answered) sent.open.delete(streamName(stream));
    if (sent.open.size === 0) this.#sent.delete(id);
  }

  #subscribed(stream: Stream): boolean {
    const wanted = this.#wanted.get(streamName(stream));
    if (wanted?.phase !== 'asked') return false;
    wanted.phase = 'subscribed';
    wanted.refusals = 0;
    wanted.unanswered = 0;
    return true;
  }

  #refuse(stream: Stream, now: number): boolean {
    const wanted = this.#wanted.get(streamName(stream));
    if (wanted?.phase !== 'asked') return false;
    wanted.phase = 'refused';
    wanted.refusals++;
    this.#refused.add(wanted);
    wanted.retryAt = now + backoffMs(wanted.refusals, REFUSED, 1);
    return wanted.refusals === 1;
  }
}
