/** What every Lease keeps to. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ManualClock } from '../clock/manual.ts';
import type { Lease } from './port.ts';

export interface LeasesUnderTest {
  readonly clock: ManualClock;
  /** How long after its end others must still keep off. Unit: ms. */
  readonly skewMs: number;
  /** One more process that knows of the same lease. */
  open(): Promise<Lease>;
  dispose(): Promise<void>;
}

const TTL = 15_000;

export function testLeaseContract(name: string, make: () => Promise<LeasesUnderTest>): void {
  describe(`Lease contract: ${name}`, () => {
    const made: { under: LeasesUnderTest; leases: Lease[] }[] = [];
    const pair = async () => {
      const under = await make();
      const leases = [await under.open(), await under.open()] as const;
      made.push({ under, leases: [...leases] });
      return { ...under, a: leases[0], b: leases[1] };
    };
    afterEach(async () => {
      for (const { under, leases } of made.splice(0)) {
        for (const lease of leases) await lease.close();
        await under.dispose();
      }
    });

    it('goes to the first who asks, and tells the others who holds it until when', async () => {
      const { a, b, clock } = await pair();
      expect(await a.read()).toBeNull();
      const won = await a.tryAcquire('a', TTL);
      const state = { holder: 'a', epoch: 1, untilMs: clock.now() + TTL, position: '' };
      expect(won).toEqual({ isAcquired: true, state });
      expect(await b.tryAcquire('b', TTL)).toEqual({ isAcquired: false, state });
      expect(await b.read()).toEqual(state);
      expect(await b.tryAcquire('a', TTL)).toEqual({ isAcquired: false, state });
    });

    it('goes to exactly one of many who ask at once', async () => {
      const { a, b } = await pair();
      const all = await Promise.all([a.tryAcquire('a', TTL), b.tryAcquire('b', TTL), a.tryAcquire('c', TTL)]);
      expect(all.filter(({ isAcquired }) => isAcquired)).toHaveLength(1);
      expect(new Set(all.map(({ state }) => state.holder)).size).toBe(1);
    });

    it('is kept by renewing, with a position that the others read', async () => {
      const { a, b, clock } = await pair();
      const { state } = await a.tryAcquire('a', TTL);
      await clock.advanceTo(clock.now() + TTL - 1);
      const renewed = await a.renew(state, TTL, 'p1');
      expect(renewed).toEqual({ ...state, untilMs: clock.now() + TTL, position: 'p1' });
      await clock.advanceTo(clock.now() + TTL - 1);
      expect(await b.tryAcquire('b', TTL)).toEqual({ isAcquired: false, state: renewed });
    });

    it('goes to another once it has run out and the clocks may agree on it, not before; the position stays', async () => {
      const { a, b, clock, skewMs } = await pair();
      const { state } = await a.tryAcquire('a', TTL);
      await a.renew(state, TTL, 'p1');
      await clock.advanceTo(clock.now() + TTL + skewMs - 1);
      expect((await b.tryAcquire('b', TTL)).isAcquired).toBe(false);
      await clock.advanceTo(clock.now() + 1);
      const taken = await b.tryAcquire('b', TTL);
      expect(taken).toMatchObject({ isAcquired: true, state: { holder: 'b', epoch: 2, position: 'p1' } });
    });

    it('takes nothing from a former holder', async () => {
      const { a, b, clock, skewMs } = await pair();
      const { state } = await a.tryAcquire('a', TTL);
      await clock.advanceTo(clock.now() + TTL + skewMs);
      const taken = await b.tryAcquire('b', TTL);
      expect(await a.renew(state, TTL, 'late')).toBeNull();
      expect(await a.release(state, 'late')).toBe(false);
      expect(await a.tryAcquire('a', TTL)).toEqual({ isAcquired: false, state: taken.state });
    });

    it('may be renewed after its end where nobody took it', async () => {
      const { a, clock } = await pair();
      const { state } = await a.tryAcquire('a', TTL);
      await clock.advanceTo(clock.now() + 10 * TTL);
      expect(await a.renew(state, TTL, 'p1')).toMatchObject({ epoch: 1, position: 'p1' });
    });

    it('is free at once where it was let go, and epochs go on', async () => {
      const { a, b } = await pair();
      const { state } = await a.tryAcquire('a', TTL);
      expect(await a.release(state, 'p9')).toBe(true);
      const taken = await b.tryAcquire('b', TTL);
      expect(taken).toMatchObject({ isAcquired: true, state: { epoch: 2, position: 'p9' } });
      expect(await a.release(state, 'again')).toBe(false);
    });
  });
}
