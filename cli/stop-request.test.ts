import { describe, expect, it } from 'vitest';
import { untilStopRequest } from './stop-request.ts';

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const listeners = () => [
  ...NAMES.map((name) => process.listenerCount(name)),
  process.stdout.listenerCount('error'),
];

describe('a command that runs on', () => {
  it.each(NAMES)('is asked to end by %s, and listens no longer than it runs', async (name) => {
    const before = listeners();
    await untilStopRequest(async (stopAsked) => {
      expect(listeners()).toEqual(before.map((n) => n + 1));
      process.emit(name, name);
      await stopAsked;
    });
    expect(listeners()).toEqual(before);
  });

  it('goes on to end in order though its closed terminal says so twice', async () => {
    await untilStopRequest(async (stopAsked) => {
      for (let n = 0; n < 2; n++) process.emit('SIGHUP', 'SIGHUP');
      await stopAsked;
    });
  });

  it('listens no longer where it fails', async () => {
    const before = listeners();
    const failing = untilStopRequest(() => Promise.reject(new Error('of it')));
    await expect(failing).rejects.toThrow('of it');
    expect(listeners()).toEqual(before);
  });
});
