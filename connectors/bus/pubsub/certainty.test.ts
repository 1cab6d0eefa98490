import { expect, it } from 'vitest';
import { Certainty } from './certainty.ts';

const make = () => new Certainty({ leaseMs: 30_000, lagMs: 2_000, quietMs: 5_000 });

/** Connected at 0, past the leases of a predecessor at 35 s. */
const settled = () => {
  const certainty = make();
  certainty.connected(0);
  return certainty;
};

it('waits for the connection, and then for the leases of whoever read before', () => {
  const certainty = make();
  expect(certainty.isCaughtUp(1_000_000)).toBe(false);
  certainty.connected(1_000_000);
  expect(certainty.isCaughtUp(1_034_999)).toBe(false);
  expect(certainty.isCaughtUp(1_035_000)).toBe(true);
});

it('takes a message published before one already seen for a backlog, until none has come for a while', () => {
  const certainty = settled();
  certainty.arrived(500_000, 40_000);
  certainty.arrived(498_000, 40_001);
  expect(certainty.isCaughtUp(40_001)).toBe(true);
  certainty.arrived(497_999, 40_002);
  expect(certainty.isCaughtUp(45_001)).toBe(false);
  certainty.arrived(100_000, 45_001);
  certainty.arrived(500_001, 46_000);
  expect(certainty.isCaughtUp(50_000)).toBe(false);
  expect(certainty.isCaughtUp(50_001)).toBe(true);
});

it('compares the server’s times with each other alone: a clock that is wrong by an hour means nothing', () => {
  const certainty = settled();
  certainty.arrived(40_000 - 3_600_000, 40_000);
  certainty.arrived(40_001 - 3_600_000, 40_001);
  expect(certainty.isCaughtUp(40_001)).toBe(true);
});

it('knows nothing while the connection is lost, nor at once after it', () => {
  const certainty = settled();
  certainty.disconnected();
  expect(certainty.isCaughtUp(60_000)).toBe(false);
  certainty.connected(60_000);
  certainty.connected(62_000);
  expect(certainty.isCaughtUp(64_999)).toBe(false);
  expect(certainty.isCaughtUp(65_000)).toBe(true);
});

it('knows nothing while it takes no more', () => {
  const certainty = settled();
  certainty.full(true, 50_000);
  expect(certainty.isCaughtUp(99_000)).toBe(false);
  certainty.full(false, 100_000);
  expect(certainty.isCaughtUp(104_999)).toBe(false);
  expect(certainty.isCaughtUp(105_000)).toBe(true);
});
