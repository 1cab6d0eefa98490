/** A relay on the exchange twin whose inputs are recorded, in time that passes when told to. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../clock/manual.ts';
import { venueAdapter } from '../exchanges/adapters.ts';
import type { Fault } from '../exchanges/simulated/faults/faults.ts';
import { type RunningTwin, startExchangeTwin } from '../exchanges/simulated/twin-server.ts';
import { Published } from '../relay/published.fixture.ts';
import { type Relay, startRelay } from '../relay/relay.ts';
import { openRecorder, type Recorder } from './recorder.ts';

export const START = Date.UTC(2026, 2, 1, 12);
export interface Recorded {
  readonly twin: RunningTwin;
  readonly dir: string;
  readonly bus: Published;
  readonly relay: Relay;
  readonly recorder: Recorder;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
}

export type TwinVenue = 'bybit' | 'kraken';
export const SYMBOLS: Readonly<Record<TwinVenue, readonly string[]>> = {
  bybit: ['BTCUSDT', 'LTCUSDT'],
  kraken: ['BTC/USDT', 'LTC/USDT'],
};

/** @param closers Takes what closes it all, to be called in reverse. */
export async function record(
  venue: TwinVenue,
  faults: readonly Omit<Fault, 'venue'>[],
  closers: (() => Promise<unknown>)[],
  options: { readonly segmentBytes?: number } = {},
): Promise<Recorded> {
  const [market, network] = [new ManualClock(START), new ManualClock(0)];
  const twin = await startExchangeTwin({ seed: 3, clock: market, symbols: SYMBOLS });
  closers.push(() => twin.close());
  twin.inject(faults.map((fault) => ({ ...fault, venue })));
  const adapter = venueAdapter(venue, twin.address(venue));
  const dir = mkdtempSync(join(tmpdir(), 'replay-'));
  const onFailed = (error: Error) => {
    throw error;
  };
  const recorder = await openRecorder({ ...options, dir, adapter, code: 'test', clock: network, onFailed });
  const bus = new Published();
  const relay = await startRelay({
    adapter,
    bus,
    symbols: SYMBOLS[venue],
    clock: market,
    networkClock: network,
    copies: 2,
    onStart: (start) => recorder.began(start),
    onInput: (input, at) => recorder.told(input, at),
  });
  closers.push(
    () => relay.stop(),
    () => recorder.close(),
  );
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      for (const clock of [market, network]) await clock.advanceTo(clock.now() + 100);
      await new Promise(setImmediate);
    }
  };
  return { twin, dir, bus, relay, recorder, pass };
}
