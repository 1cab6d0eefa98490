import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock/manual.ts';
import { Alarm } from './alarm.ts';

function alarmed() {
  const clock = new ManualClock(0);
  const rings: number[] = [];
  const next: number[] = [];
  const alarm = new Alarm(clock, () => {
    rings.push(clock.now());
    alarm.set(next.shift() ?? Number.POSITIVE_INFINITY);
  });
  /** Time passes, and what is woken is done. */
  const pass = async (ms: number) => {
    await clock.advanceTo(ms);
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  };
  return { alarm, rings, next, pass };
}

describe('Alarm', () => {
  it('rings when its time has come, and then when it was set to next', async () => {
    const { alarm, rings, next, pass } = alarmed();
    alarm.set(100);
    next.push(250);
    for (const ms of [99, 100, 249, 250, 1_000]) await pass(ms);
    expect(rings).toEqual([100, 250]);
  });

  it('rings earlier where it is set to less, and not at the time it was set to before', async () => {
    const { alarm, rings, pass } = alarmed();
    alarm.set(500);
    await pass(10);
    alarm.set(50);
    for (const ms of [50, 500]) await pass(ms);
    expect(rings).toEqual([50]);
  });

  it('rings later where it is set to more', async () => {
    const { alarm, rings, pass } = alarmed();
    alarm.set(50);
    await pass(10);
    alarm.set(80);
    for (const ms of [50, 79, 80]) await pass(ms);
    expect(rings).toEqual([80]);
  });

  it('rings at once for a time that has passed, and never once stopped', async () => {
    const { alarm, rings, pass } = alarmed();
    await pass(100);
    alarm.set(40);
    await pass(100);
    expect(rings).toEqual([100]);
    alarm.set(200);
    alarm.stop();
    await pass(300);
    expect(rings).toEqual([100]);
  });
});
