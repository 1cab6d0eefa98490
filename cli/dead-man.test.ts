import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../connectors/clock/manual.ts';
import { type DeadMan, deadManUrlOf, startDeadMan } from './dead-man.ts';

const MINUTE_MS = 60_000;
const closes: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

async function setUp() {
  const clock = new ManualClock();
  const world = { beats: 0, status: 200, isWell: true, told: [] as string[] };
  const server = createServer((_, response) => {
    world.beats += 1;
    response.writeHead(world.status).end();
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  closes.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a-secret`;
  const notice = (line: string) => world.told.push(line);
  const deadMan: DeadMan = startDeadMan({ url, isWell: () => world.isWell, clock, notice });
  closes.push(() => deadMan.close());
  const pass = async (minutes: number) => {
    await clock.advanceTo(clock.now() + minutes * MINUTE_MS);
  };
  return { world, pass };
}

const is = (read: () => unknown, value: unknown) => vi.waitFor(() => expect(read()).toEqual(value));

describe('the dead-man switch', () => {
  it('beats at once and each minute while all is well, and at no other time', async () => {
    const { world, pass } = await setUp();
    await is(() => world.beats, 1);
    let minutes = 0;
    await vi.waitFor(async () => {
      await pass(1);
      minutes += 1;
      expect(world.beats).toBeGreaterThan(2);
    });
    expect(world.beats).toBeLessThanOrEqual(1 + minutes);
    world.isWell = false;
    await vi.waitFor(async () => {
      const before = world.beats;
      await pass(10);
      expect(world.beats).toBe(before);
    });
  });

  it('tells once that it fails, and once that it works again, and never where', async () => {
    const { world, pass } = await setUp();
    world.status = 500;
    await vi.waitFor(async () => {
      await pass(1);
      expect(world.told).toHaveLength(1);
    });
    await pass(5);
    world.status = 200;
    await vi.waitFor(async () => {
      await pass(1);
      expect(world.told).toHaveLength(2);
    });
    expect(world.told).toEqual([
      'Dead-man switch: Expected CST_DEADMAN_URL to answer 200, got 500. It is asked again each minute.',
      'Dead-man switch: it is reached again.',
    ]);
  });

  it('is off where no address is named, and wants one of http', () => {
    expect(deadManUrlOf({})).toBeNull();
    expect(deadManUrlOf({ CST_DEADMAN_URL: '' })).toBeNull();
    expect(deadManUrlOf({ CST_DEADMAN_URL: 'https://h.example/1' })).toBe('https://h.example/1');
    for (const wrong of ['beat', 'ftp://h.example/1']) {
      expect(() => deadManUrlOf({ CST_DEADMAN_URL: wrong })).toThrow(
        'Expected CST_DEADMAN_URL as an address of http or https, got something else.',
      );
    }
  });
});
