/** The one session that reads for a step, whoever asks: it goes on where the runner does, and makes way where not. */
import { UpstreamError } from '../../../schemas/errors.ts';
import type { LiveRound, LiveSession, Position } from './live-session.ts';
import type { Emit } from './sdf.ts';

export class SessionSlot {
  readonly #open: (from: Position) => Promise<LiveSession>;
  /** Changes of the session come one after the other: of two attempts at once, neither loses sight of the other's. */
  #current: Promise<LiveSession | undefined> = Promise.resolve(undefined);
  #isClosed = false;

  constructor(open: (from: Position) => Promise<LiveSession>) {
    this.#open = open;
  }

  /**
   * A round from there on. Where the runner does not go on from what the session said last, or an earlier attempt is
   * still under way, what was taken is given back first and read again.
   * @throws UpstreamError once closed, or where another attempt takes over; what opening and reading throw.
   */
  async round(position: Position, emit: Emit): Promise<LiveRound> {
    // One that could not be opened is no one's.
    const before = this.#current.catch(() => undefined);
    const begun = before.then((known) => this.#begin(known, position, emit));
    this.#current = begun.then(({ session }) => session);
    this.#current.catch(() => undefined);
    const { session, round } = await begun;
    try {
      return await round;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** For good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#current.catch(() => undefined))?.close();
  }

  /** The round is begun before anyone else sees the session, so that it shows as busy. */
  async #begin(known: LiveSession | undefined, position: Position, emit: Emit) {
    if (this.#isClosed) throw new UpstreamError('Expected a worker that goes on, got one that stops.');
    if (known?.isAt(position)) return { session: known, round: known.round(emit) };
    await known?.close();
    const session = await this.#open(position);
    return { session, round: session.round(emit) };
  }
}
