import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import { LiveSession, type Position } from './live-session.ts';
import { SessionSlot } from './session-slot.ts';

const START: Position = { session: null, round: 0, watermarkMs: null };

/** Sessions that read nothing; their rounds end with the clock. Names them in the order they open and close. */
function slotOf() {
  const clock = new ManualClock();
  const log: string[] = [];
  const failures: Error[] = [];
  const slot = new SessionSlot(async (from) => {
    const failure = failures.shift();
    if (failure) throw failure;
    const id = `s${log.filter((line) => line.startsWith('open')).length + 1}`;
    log.push(`open ${id} from ${from.round}`);
    const close = async () => void log.push(`close ${id}`);
    return new LiveSession({ id, readers: new Map(), clock, from, close });
  });
  const begin = (position: Position) => slot.round(position, () => null);
  const pass = async () => {
    await new Promise(setImmediate);
    await clock.advanceTo(clock.now() + 1_000);
  };
  const round = async (position: Position) => {
    const going = begin(position);
    await pass();
    return (await going).position;
  };
  return { slot, log, failures, begin, pass, round };
}

describe('SessionSlot', () => {
  it('goes on with the session whose last word it is called with', async () => {
    const { log, round } = slotOf();
    expect(await round(await round(START))).toMatchObject({ session: 's1', round: 2 });
    expect(log).toEqual(['open s1 from 0']);
  });

  it('gives back what an attempt took that was given up, before it reads for the next', async () => {
    const { log, begin, pass, round } = slotOf();
    const from = await round(START);
    const dead = begin(from);
    const lost = expect(dead).rejects.toThrow('got one closed');
    await new Promise(setImmediate);
    const next = begin(from);
    await pass();
    await lost;
    expect((await next).position).toMatchObject({ session: 's2', round: 2 });
    expect(log).toEqual(['open s1 from 0', 'close s1', 'open s2 from 1']);
    await round((await next).position);
    expect(log.length).toBe(3);
  });

  it('tells a round of its own from one of the same number that another worker did', async () => {
    const { log, round } = slotOf();
    const { round: number } = await round(START);
    await round({ session: 'elsewhere', round: number, watermarkMs: null });
    expect(log).toEqual(['open s1 from 0', 'close s1', 'open s2 from 1']);
  });

  it('leaves no session behind where two attempts come at once', async () => {
    const { slot, log, begin, pass } = slotOf();
    const both = Promise.allSettled([begin(START), begin(START)]);
    await pass();
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    await slot.close();
    expect(log).toEqual(['open s1 from 0', 'close s1', 'open s2 from 0', 'close s2']);
  });

  it('opens for the second attempt where the first could not', async () => {
    const { failures, begin, pass } = slotOf();
    failures.push(new Error('no way there'));
    const both = Promise.allSettled([begin(START), begin(START)]);
    await pass();
    expect(await both).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled' }]);
  });

  it('opens no more once closed', async () => {
    const { slot, log, round, begin } = slotOf();
    const position = await round(START);
    await slot.close();
    await expect(begin(position)).rejects.toThrow('got one that stops');
    expect(log).toEqual(['open s1 from 0', 'close s1']);
  });
});
