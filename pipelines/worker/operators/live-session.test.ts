import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import type { SourceChunk, SourceReader } from '../../runners/embedded/edges.ts';
import { LiveSession, type Position } from './live-session.ts';

const START: Position = { session: null, round: 0, watermarkMs: null };

/** Says what the test tells it to, and waits in between. */
class ToldReader implements SourceReader {
  isClosed = false;
  readonly #told: SourceChunk[] = [];
  #wake: ((chunk: SourceChunk) => void) | undefined;

  tell(watermarkMs: number, ...messages: SourceChunk['messages']): void {
    this.#told.push({ messages, watermarkMs });
    if (this.#wake) this.#wake(this.#told.shift()!);
    this.#wake = undefined;
  }

  read(): SourceChunk | Promise<SourceChunk> {
    const next = this.#told.shift();
    if (next) return next;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    this.isClosed = true;
  }
}

function open(from = START, id = 'here') {
  const [trades, books] = [new ToldReader(), new ToldReader()];
  const clock = new ManualClock();
  const readers = new Map<string, SourceReader>([
    ['trades', trades],
    ['books', books],
  ]);
  const session = new LiveSession({ id, readers, clock, from, close: async () => undefined });
  const emitted: unknown[] = [];
  const round = async () => {
    const going = session.round((output, value, ms) => {
      emitted.push([output, value, ms]);
      return null;
    });
    const [done] = await Promise.all([going, clock.advanceTo(clock.now() + 1_000)]);
    return done;
  };
  return { trades, books, session, emitted, round };
}

const acked: number[] = [];
const message = (eventTimeMs: number) => ({
  bytes: new Uint8Array([eventTimeMs]),
  eventTimeMs,
  ack: () => void acked.push(eventTimeMs),
});

describe('LiveSession', () => {
  it('hands on what all readers have, each to its output, as far as the slowest has come', async () => {
    const { trades, books, emitted, round } = open();
    trades.tell(5, message(6), message(7));
    const first = await round();
    expect(first).toMatchObject({ position: { round: 1, watermarkMs: null }, watermarkMs: -Infinity });
    books.tell(4);
    trades.tell(8, message(9));
    expect(await round()).toMatchObject({ position: { round: 2, watermarkMs: 4 }, watermarkMs: 4 });
    expect(emitted).toEqual([6, 7, 9].map((ms) => ['trades', new Uint8Array([ms]), ms]));
  });

  it('never falls behind what the runner was told', async () => {
    const { trades, books, round } = open({ session: 'elsewhere', round: 9, watermarkMs: 50 });
    trades.tell(5);
    books.tell(4);
    expect(await round()).toMatchObject({ position: { round: 10, watermarkMs: 50 } });
  });

  it('acknowledges what a later round makes safe', async () => {
    acked.length = 0;
    const { trades, round } = open();
    trades.tell(1, message(1));
    const first = await round();
    await first.onCommitted!();
    expect(acked).toEqual([]);
    const second = await round();
    await second.onCommitted!();
    expect(acked).toEqual([1]);
  });

  it('knows when the runner has gone back to an older checkpoint', async () => {
    const { session, round } = open();
    const { position } = await round();
    expect(session.isAt(position)).toBe(true);
    await round();
    expect(session.isAt(position)).toBe(false);
  });

  it('is nowhere while a round is under way, nor where another session is', async () => {
    const { session, round } = open();
    const first = round();
    expect(session.isAt(START)).toBe(false);
    const { position } = await first;
    expect([session.isAt(position), session.isAt({ ...position, session: 'elsewhere' })]).toEqual([
      true,
      false,
    ]);
  });

  it('fails the round that it is closed in, and takes no other', async () => {
    const { trades, session, emitted, round } = open();
    const { position } = await round();
    trades.tell(1, message(1));
    const second = round();
    const failing = expect(second).rejects.toThrow('got one closed');
    await session.close();
    trades.tell(2, message(2));
    await failing;
    expect([emitted.length, session.isAt(position)]).toEqual([1, false]);
  });

  it('closes its readers', async () => {
    const { trades, books, session } = open();
    await session.close();
    expect([trades.isClosed, books.isClosed]).toEqual([true, true]);
  });
});
