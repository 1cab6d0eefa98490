/** WebSockets to a twin in virtual time: ordered pipes with a delay each way, kept up as ReconnectingSocket keeps them. */
import { type Backoff, backoffMs } from '../../connectors/backoff.ts';
import type { TwinConnection } from '../../connectors/exchanges/simulated/faults/roster.ts';
import type { ExchangeTwin, Refusal } from '../../connectors/exchanges/simulated/twin.ts';
import type { VenueAdapter } from '../../connectors/exchanges/venue.ts';
import type { FeedInput } from '../../connectors/feed/feed-io.ts';
import { Random } from '../../connectors/random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** As of the sockets of connectors/exchanges. Units: ms. */
const SILENT_AFTER_MS = 30_000;
const PING_EVERY_MS = 20_000;
const PROVEN_MS = 30_000;
const BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000 };

/** One way: a steady part, some that differs from frame to frame, and once in a while a network that holds its breath. */
const WAY = { leastMs: 8, jitterMs: 40, hiccup: 0.0005, hiccupMs: 2_500 };

export interface WireOptions {
  readonly time: VirtualTime;
  readonly twin: ExchangeTwin;
  readonly adapter: Pick<VenueAdapter, 'ping'>;
  readonly connection: number;
  readonly seed: number;
  readonly give: (input: FeedInput) => void;
}

/** A session; once over, nothing of it arrives any more. */
interface Session {
  readonly beganMs: number;
  connection: TwinConnection | null;
  isOpen: boolean;
  isOver: boolean;
  isSilent: boolean;
  heardMs: number;
  /** When what was sent last arrives, either way. */
  here: number;
  there: number;
}

export class Wire {
  readonly #options: WireOptions;
  readonly #random: Random;
  #session: Session | null = null;
  #failures = 0;
  #isClosed = false;

  constructor(options: WireOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#connect();
  }

  send(frame: string): void {
    const session = this.#session;
    if (!session?.isOpen) return;
    session.there = this.#arrival(session.there);
    this.#later(session, session.there, () => session.connection?.send(frame));
  }

  reconnect(reason: string): void {
    if (this.#session) this.#end(this.#session, reason);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#session) this.#leave(this.#session);
    this.#session = null;
  }

  #connect(): void {
    if (this.#isClosed) return;
    const beganMs = this.#options.time.now();
    const session: Session = {
      beganMs,
      connection: null,
      isOpen: false,
      isOver: false,
      isSilent: false,
      heardMs: beganMs,
      here: beganMs,
      there: beganMs,
    };
    this.#session = session;
    session.there = this.#arrival(session.there);
    this.#later(session, session.there, () => this.#handshake(session));
  }

  #handshake(session: Session): void {
    const { twin, time } = this.#options;
    const answer = twin.connect({
      frame: (text, atMs) => this.#comes(session, atMs, () => this.#frame(session, text)),
      closed: (code, reason, atMs) =>
        this.#comes(session, atMs, () => this.#end(session, `Closed with ${code}: ${reason}`)),
      bytes: () => this.#comes(session, time.now(), () => this.#end(session, 'What came is no frame.')),
      silent: () => {
        session.isSilent = true;
      },
    });
    if ('status' in answer) {
      this.#comes(session, time.now(), () => this.#end(session, `Refused with ${answer.status}.`, answer));
      return;
    }
    session.connection = answer;
    this.#comes(session, time.now(), () => this.#opened(session));
  }

  #opened(session: Session): void {
    session.isOpen = true;
    session.heardMs = this.#options.time.now();
    const { connection } = this.#options;
    this.#options.give({ kind: 'opened', connection });
    this.#ping(session);
    this.#watch(session);
  }

  #frame(session: Session, frame: string): void {
    session.heardMs = this.#options.time.now();
    this.#options.give({ kind: 'frame', connection: this.#options.connection, frame });
  }

  #ping(session: Session): void {
    const { time, adapter } = this.#options;
    this.#later(session, time.now() + (adapter.ping?.everyMs ?? PING_EVERY_MS), () => {
      if (adapter.ping) this.send(adapter.ping.frame);
      else if (!session.isSilent) {
        this.#comes(session, time.now(), () => {
          session.heardMs = time.now();
        });
      }
      this.#ping(session);
    });
  }

  #watch(session: Session): void {
    const { time } = this.#options;
    this.#later(session, session.heardMs + SILENT_AFTER_MS, () => {
      if (time.now() - session.heardMs >= SILENT_AFTER_MS) this.#end(session, 'It has been silent.');
      else this.#watch(session);
    });
  }

  #end(session: Session, reason: string, refusal?: Refusal): void {
    const { time, give, connection } = this.#options;
    if (session.isOver) return;
    this.#leave(session);
    this.#failures = time.now() - session.beganMs >= PROVEN_MS ? 1 : this.#failures + 1;
    const waitMs = backoffMs(this.#failures, BACKOFF, this.#random.next());
    give({ kind: 'closed', connection, reason });
    time.after(waitMs + (refusal?.retryAfterS ?? 0) * 1_000, () => this.#connect());
  }

  #leave(session: Session): void {
    session.isOver = true;
    session.isOpen = false;
    session.connection?.close();
  }

  /** From there to here, behind all that was sent before. */
  #comes(session: Session, sentMs: number, run: () => void): void {
    session.here = this.#arrival(Math.max(session.here, sentMs), sentMs);
    this.#later(session, session.here, run);
  }

  #later(session: Session, ms: number, run: () => void): void {
    this.#options.time.at(ms, () => {
      if (!session.isOver) run();
    });
  }

  #arrival(notBefore: number, sentMs = this.#options.time.now()): number {
    const { leastMs, jitterMs, hiccup, hiccupMs } = WAY;
    const held = this.#random.chance(hiccup) ? this.#random.next() * hiccupMs : 0;
    return Math.max(notBefore, Math.ceil(sentMs + leastMs + this.#random.next() * jitterMs + held));
  }
}
