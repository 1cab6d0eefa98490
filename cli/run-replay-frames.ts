/** What `cst replay --frames` does: a recorded feed and the graph once more, into files. */
import { systemClock } from '../connectors/clock/system.ts';
import { type Journal, openJournal } from '../connectors/journal/reader.ts';
import { type FramesSummary, replayFrames } from '../pipelines/replay/frames-replay.ts';
import { readHistory } from '../pipelines/replay/history.ts';
import type { Revisions } from '../pipelines/replay/output.ts';
import { INTERVALS, type Venue } from '../schemas/primitives.ts';
import { settingsFor } from './config/files.ts';
import { duration } from './figures.ts';
import type { ConfigFlags } from './option-kinds.ts';
import { progressBar } from './progress.ts';
import { version } from './version.ts';

export interface ReplayFramesFlags extends ConfigFlags {
  readonly frames: string;
  readonly out: string;
  readonly venue?: Venue;
  readonly params?: string;
  readonly history?: string;
  readonly revisions: Revisions;
  readonly json?: boolean;
}

export async function runReplayFrames(flags: ReplayFramesFlags): Promise<void> {
  const { revisions } = flags;
  const params = settingsFor(flags).values.signals;
  const journal = await openJournal(flags.frames, flags.venue);
  warnOfOthers(journal);
  const { market } = journal.runs[0]!.header.at;
  const history = flags.history === undefined ? [] : await readHistory(flags.history, market);
  const bar = progressBar('replay', systemClock, process.stderr);
  try {
    const summary = await replayFrames({
      journal,
      params,
      history,
      revisions,
      out: flags.out,
      clock: systemClock,
      onProgress: (share) => bar.update(share),
    });
    process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : textOf(summary, flags.out));
  } finally {
    bar.stop();
  }
}

/** Same bytes are promised of the same code alone. */
function warnOfOthers({ runs }: Journal): void {
  const others = new Set(runs.map(({ header }) => header.code).filter((code) => code !== version()));
  if (others.size === 0) return;
  process.stderr.write(
    `Recorded by version ${[...others].join(', ')}, replayed by ${version()}: what is published may differ from then.\n`,
  );
}

function textOf(s: FramesSummary, out: string): string {
  const n = (value: number) => value.toLocaleString('en-US');
  const iso = (ms: number) => new Date(ms).toISOString().slice(0, 19);
  const seconds = (s.elapsedMs / 1_000).toFixed(1);
  const candles = INTERVALS.map((interval) => `${interval} ${n(s.candles[interval])}`).join(' · ');
  const events = Object.entries(s.feedEvents).map(([kind, count]) => `${kind} ${n(count)}`);
  const notes = [
    ...(s.partial > 0 ? [`${s.partial} runs begin in their middle, since older files were removed`] : []),
    ...(s.damagedBytes > 0
      ? [`${n(s.damagedBytes)} bytes at the end of a killed run, or damaged, were left out`]
      : []),
  ];
  return [
    `read      ${n(s.frames)} frames of ${duration(s.toMs - s.fromMs)} from ${iso(s.fromMs)}Z in ${seconds} s (${n(s.framesPerSecond)}/s), ${n(s.runs)} runs of a relay`,
    `trades    ${n(s.trades)} published: ${n(s.tradesInCandles)} in candles, ${n(s.duplicates)} copies, ${n(s.droppedLate)} too late`,
    `feed      ${events.join(' · ') || 'no events'}`,
    `candles   ${candles}`,
    `levels    ${n(s.levels)}    signals ${n(s.signals)}    dead letters ${n(s.deadLetters)}`,
    ...notes.map((note) => `note      ${note}`),
    `written   ${out} (SHA-256 ${s.outputSha256.slice(0, 16)}…)`,
    '',
  ].join('\n');
}
