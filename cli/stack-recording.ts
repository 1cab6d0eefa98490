/** What a stack writes down so that its life can be replayed: all that its relay was told, and the bars its graph began with. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import { type Journal, openJournal } from '../connectors/journal/reader.ts';
import { openRecorder } from '../connectors/journal/recorder.ts';
import { runName } from '../connectors/journal/segment-name.ts';
import type { Notice } from '../connectors/log-line.ts';
import type { RelayOptions } from '../connectors/relay/relay.ts';
import { CANDLES_FILE, readHistory } from '../pipelines/replay/history.ts';
import { Candle } from '../schemas/candle.ts';
import { ConfigError, messageOf } from '../schemas/errors.ts';
import type { Venue } from '../schemas/primitives.ts';
import { wireJson } from '../schemas/wire-json.ts';
import type { MarketSource } from './market-source.ts';
import { version } from './version.ts';

/** Of the folder of these bars, beside the segments of their run. */
export const WARM_SUFFIX = '-known';

export interface StackRecording {
  /** For the relay. */
  readonly taps: Required<Pick<RelayOptions, 'onStart' | 'onInput'>>;
  /** The graph begins with these bars. */
  warmed(known: readonly Candle[]): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

export interface StackRecordingOptions {
  readonly source: Pick<MarketSource, 'adapter'>;
  readonly notice: Notice;
}

/** A disk that fails ends the recording, not the stack. @throws UpstreamError where the folder cannot be made. */
export async function openStackRecording(
  { source: { adapter }, notice }: StackRecordingOptions,
  dir: string,
): Promise<StackRecording> {
  const ended = (error: unknown) =>
    notice(`RECORDING HAS ENDED, the stack goes on: ${messageOf(error)}`, 'ERROR');
  const recorder = await openRecorder({
    dir,
    adapter,
    code: version(),
    clock: systemClock,
    onFailed: ended,
  });
  let warmDir = dir;
  return {
    taps: {
      onStart(start) {
        warmDir = warmDirOf(join(dir, adapter.venue), start.startedAt.market);
        recorder.began(start);
      },
      onInput: (input, at) => recorder.told(input, at),
    },
    warmed(known) {
      try {
        mkdirSync(warmDir, { recursive: true });
        const lines = known.map((candle) => `${wireJson(Candle, candle)}\n`);
        writeFileSync(join(warmDir, CANDLES_FILE), lines.join(''));
      } catch (error) {
        ended(error);
      }
    },
    close: () => recorder.close(),
  };
}

/** Bars that the graph of the first run began with; null where only frames were recorded. @throws ConfigError where they cannot be read. */
export async function recordedWarmth({ dir, runs }: Journal): Promise<Candle[] | null> {
  const [first] = runs;
  if (!first?.isWhole) return null;
  const folder = warmDirOf(dir, first.header.feed.startedAt.market);
  if (!(await stat(folder).catch(() => undefined))) return null;
  return readHistory(folder, Number.POSITIVE_INFINITY);
}

/** Two simulations have not the same past. @throws ConfigError where there is a recording. */
export async function expectNoRecording(dir: string, venue: Venue): Promise<void> {
  if (!(await openJournal(dir, venue).catch(() => undefined))) return;
  throw new ConfigError(
    `Expected a folder without a recording for --record, got one in ${dir}: a simulation begins afresh. Name another, or remove it.`,
  );
}

/** Beside the run's segments, as a folder that --history takes. */
function warmDirOf(dir: string, startedMs: number): string {
  return join(dir, `${runName(startedMs)}${WARM_SUFFIX}`);
}
