/** One client of the simulated exchange: its subscriptions, and the answers Bybit would give to what it sends. */
import { z } from 'zod';
import { messageOf } from '../../../schemas/errors.ts';
import { ackFrame, pongFrame, refusalFrame } from './frames.ts';

const MAX_ARGS = 10;
const Request = z.looseObject({
  op: z.string(),
  req_id: z.string().optional(),
  args: z.array(z.string()).optional(),
});

export interface SessionDeps {
  readonly connection: string;
  readonly send: (frame: string) => void;
  /** First frame of a topic's new subscriber; null for none, undefined where there is no such topic. */
  readonly snapshot: (topic: string) => string | null | undefined;
}

export class Session {
  readonly topics = new Set<string>();
  readonly #deps: SessionDeps;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  receive(text: string): void {
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
    if (op === 'ping') this.#deps.send(pongFrame(this.#deps.connection, req_id));
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
    this.#deps.send(ackFrame(this.#deps.connection, requestId, 'subscribe'));
    for (const topic of args) {
      const first = this.#deps.snapshot(topic);
      if (first) this.#deps.send(first);
    }
  }

  #unsubscribe(requestId: string, args: readonly string[]): void {
    for (const topic of args) this.topics.delete(topic);
    this.#deps.send(ackFrame(this.#deps.connection, requestId, 'unsubscribe'));
  }

  #reasonAgainst(args: readonly string[]): string | null {
    if (args.length > MAX_ARGS) return 'args size >10';
    for (const topic of args) {
      if (this.#deps.snapshot(topic) === undefined) return `error:handler not found,topic:${topic}`;
      if (this.topics.has(topic)) return `error:already subscribed,topic:${topic}`;
    }
    return null;
  }

  #refuse(requestId: string, op: string, reason: string): void {
    this.#deps.send(refusalFrame(this.#deps.connection, requestId, op, reason));
  }
}
