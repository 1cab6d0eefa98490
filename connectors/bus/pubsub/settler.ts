/** Tells the server what is settled: acknowledgements, refusals and lease extensions, many ids to a request. */
import type { Clock } from '../../clock/port.ts';
import { within } from '../../clock/within.ts';
import { CALL, type Clients, persist } from './clients.ts';
import { codeOf, PASSING_CODES } from './errors.ts';

/** A request may have 512 KB; an id of the service has up to 200 bytes. */
const IDS_PER_REQUEST = 2_000;
const REQUESTS_AT_ONCE = 8;
/** What is settled within this time travels together. Unit: ms. */
const GATHER_MS = 10;
/** A lease is over by then, and the message on its way again. Unit: ms. */
const TIMEOUT_MS = 10_000;

type Ids = string[];

export class Settler {
  readonly #clients: Clients;
  readonly #subscription: string;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  #acks: Ids = [];
  /** By new deadline, in s; 0 gives back. */
  readonly #deadlines = new Map<number, Ids>();
  #timer: NodeJS.Timeout | undefined;
  #underWay = 0;
  #endMs = Number.POSITIVE_INFINITY;
  readonly #idle: (() => void)[] = [];
  readonly #requests: (() => Promise<unknown>)[] = [];

  /** `failed` hears of what trying again cannot help. Ids that the server forgot are no failure: the message comes again. */
  constructor(clients: Clients, clock: Clock, subscription: string, failed: (error: unknown) => void) {
    this.#clients = clients;
    this.#clock = clock;
    this.#subscription = subscription;
    this.#failed = failed;
  }

  ack(ids: Iterable<string>): void {
    for (const id of ids) this.#acks.push(id);
    this.#soon();
  }

  /** Sets the time from now until the messages come again. Unit: s; 0 is at once. */
  lease(ids: Iterable<string>, seconds: number): void {
    const queue = this.#deadlines.get(seconds) ?? [];
    for (const id of ids) queue.push(id);
    this.#deadlines.set(seconds, queue);
    this.#soon();
  }

  /** Tells what is left, for this long at most; then the leases must run out. Unit: ms. */
  async close(withinMs: number): Promise<void> {
    this.#endMs = this.#clock.now() + withinMs;
    this.#send();
    // A server that hangs holds a call for longer than is left.
    await within(this.#clock, withinMs, this.#untilIdle());
  }

  async #untilIdle(): Promise<void> {
    while (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#send(), GATHER_MS);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { subscriber } = this.#clients;
    const subscription = this.#subscription;
    for (const ackIds of chunks(this.#acks)) {
      this.#requests.push(() => subscriber.acknowledge({ subscription, ackIds }, CALL));
    }
    this.#acks = [];
    for (const [ackDeadlineSeconds, ids] of this.#deadlines) {
      for (const ackIds of chunks(ids)) {
        const request = { subscription, ackIds, ackDeadlineSeconds };
        this.#requests.push(() => subscriber.modifyAckDeadline(request, CALL));
      }
    }
    this.#deadlines.clear();
    while (this.#underWay < REQUESTS_AT_ONCE && this.#requests.length > 0) void this.#work();
  }

  async #work(): Promise<void> {
    this.#underWay += 1;
    for (let request = this.#requests.shift(); request; request = this.#requests.shift()) {
      try {
        const leftMs = this.#endMs - this.#clock.now();
        if (leftMs > 0) await persist(request, Math.min(TIMEOUT_MS, leftMs), this.#clock);
      } catch (error) {
        if (!isHarmless(error)) this.#failed(error);
      }
    }
    this.#underWay -= 1;
    if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** The leases run out, the messages come again and are recognised: invalid and unknown ids (3, 5), what may pass. */
function isHarmless(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || code === 3 || code === 5 || PASSING_CODES.includes(code);
}

function chunks(ids: Ids): Ids[] {
  const all: Ids[] = [];
  for (let from = 0; from < ids.length; from += IDS_PER_REQUEST)
    all.push(ids.slice(from, from + IDS_PER_REQUEST));
  return all;
}
