/** One client of the simulated Bybit: its subscriptions, and the answers Bybit gives to what it sends. */
import { z } from 'zod';
import { messageOf } from '../../../../schemas/errors.ts';
import type { Stream } from '../../market-event.ts';
import { ackFrame, pongFrame, refusalFrame } from '../frames.ts';
import { frameOf, type TwinFrame } from '../venue.ts';

const MAX_ARGS = 10;
/** A socket with nothing subscribed on which nothing comes in for so long is cut off. Unit: ms. */
const IDLE_MS = 61_000;
const Request = z.looseObject({
  op: z.string(),
  req_id: z.string().optional(),
  args: z.array(z.string()).optional(),
});

export interface BybitSessionDeps {
  readonly connection: string;
  readonly send: (frame: TwinFrame) => void;
  /** The stream of a topic; null where there is no such topic. */
  readonly streamOf: (topic: string) => Stream | null;
  readonly refuses: (stream: Stream) => boolean;
  /** First frame of a topic's new subscriber; null for none. */
  readonly first: (topic: string) => TwinFrame | null;
}

export class BybitSession {
  readonly topics = new Set<string>();
  readonly #deps: BybitSessionDeps;
  #usedMs: number;

  constructor(deps: BybitSessionDeps, ms: number) {
    this.#deps = deps;
    this.#usedMs = ms;
  }

  /** At `ms`. */
  isIdle(ms: number): boolean {
    return this.topics.size === 0 && ms - this.#usedMs > IDLE_MS;
  }

  receive(text: string, ms: number): void {
    this.#usedMs = ms;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      this.#refuse('', '', `Failed to decode incoming data:readObjectStart: ${messageOf(cause)}`);
      return;
    }
    const request = Request.safeParse(json);
    if (request.success) this.#obey(request.data);
    else this.#refuse('', '', 'error:invalid op');
  }

  #obey({ op, req_id = '', args = [] }: z.output<typeof Request>): void {
    const { connection, send } = this.#deps;
    if (op === 'ping') send(frameOf('pong', pongFrame(connection, req_id)));
    else if (op === 'subscribe') this.#subscribe(req_id, args);
    else if (op === 'unsubscribe') this.#unsubscribe(req_id, args);
    else this.#refuse(req_id, op, 'error:invalid op');
  }

  /** A request is taken or refused as a whole. */
  #subscribe(requestId: string, args: readonly string[]): void {
    const reason = this.#reasonAgainst(args);
    if (reason !== null) {
      this.#refuse(requestId, 'subscribe', reason);
      return;
    }
    for (const topic of args) this.topics.add(topic);
    this.#ack(requestId, 'subscribe', args);
    for (const topic of args) {
      const first = this.#deps.first(topic);
      if (first) this.#deps.send(first);
    }
  }

  #unsubscribe(requestId: string, args: readonly string[]): void {
    for (const topic of args) this.topics.delete(topic);
    this.#ack(requestId, 'unsubscribe', args);
  }

  #ack(requestId: string, op: string, args: readonly string[]): void {
    const streams = args.map(this.#deps.streamOf).filter((stream) => stream !== null);
    this.#deps.send(frameOf('ack', ackFrame(this.#deps.connection, requestId, op), streams));
  }

  #reasonAgainst(args: readonly string[]): string | null {
    if (args.length > MAX_ARGS) return 'args size >10';
    for (const topic of args) {
      const stream = this.#deps.streamOf(topic);
      if (stream === null || this.#deps.refuses(stream)) return `error:handler not found,topic:${topic}`;
      if (this.topics.has(topic)) return `error:already subscribed,topic:${topic}`;
    }
    return null;
  }

  #refuse(requestId: string, op: string, reason: string): void {
    this.#deps.send(frameOf('refusal', refusalFrame(this.#deps.connection, requestId, op, reason)));
  }
}
