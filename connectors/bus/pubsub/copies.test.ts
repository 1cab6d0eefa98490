import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Copies, type Held } from './copies.ts';

const make = () => new Copies<Held>({ windowMs: 600_000, maxIds: 1_000 });
const held = (id: string, messageId: string, ackId: string): Held => ({
  id,
  ackIds: new Map([[messageId, ackId]]),
});

it('keeps the newest handle of a message that came again while held', () => {
  const copies = make();
  const first = held('x', 'm1', 'm1:1');
  expect(copies.meet('x', 'm1', 'm1:1')).toBe('new');
  copies.hold(first);
  expect(copies.meet('x', 'm1', 'm1:2')).toBe('joined');
  expect(copies.meet('x', 'm2', 'm2:1')).toBe('joined');
  expect([...first.ackIds.values()]).toEqual(['m1:2', 'm2:1']);
});

it('acknowledges a copy only of what was acknowledged, and takes what was given back as new', () => {
  const copies = make();
  const [a, b] = [held('a', 'm1', '1'), held('b', 'm2', '2')];
  copies.hold(a);
  copies.hold(b);
  copies.acknowledged(a, 0);
  copies.givenBack(b);
  expect(copies.meet('a', 'm1', '3')).toBe('acknowledged');
  expect(copies.meet('b', 'm2', '4')).toBe('new');
  expect(copies.size).toBe(0);
});

/** A server with copies of one message, and a reader that dies at any moment. */
class World {
  #copies = make();
  #held: Held | undefined;
  readonly atServer = new Set<string>();
  published = 0;
  isSettled = false;

  publish(): void {
    const messageId = `m${this.published++}`;
    this.atServer.add(messageId);
    this.#deliver(messageId);
  }

  redeliver(): void {
    for (const messageId of [...this.atServer]) this.#deliver(messageId);
  }

  settle(): void {
    if (!this.#held) return;
    for (const messageId of this.#held.ackIds.keys()) this.atServer.delete(messageId);
    this.#copies.acknowledged(this.#held, 0);
    this.#held = undefined;
    this.isSettled = true;
  }

  refuse(): void {
    if (this.#held) this.#copies.givenBack(this.#held);
    this.#held = undefined;
  }

  die(): void {
    this.#copies = make();
    this.#held = undefined;
  }

  #deliver(messageId: string): void {
    const met = this.#copies.meet('x', messageId, messageId);
    if (met === 'acknowledged') this.atServer.delete(messageId);
    if (met !== 'new') return;
    this.#held = held('x', messageId, messageId);
    this.#copies.hold(this.#held);
  }
}

it('lets no copy go from the server before the reader has settled', () => {
  const step = fc.constantFrom('publish', 'redeliver', 'settle', 'refuse', 'die');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const world = new World();
      for (const each of steps) {
        world[each]();
        if (!world.isSettled) expect(world.atServer.size).toBe(world.published);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});
