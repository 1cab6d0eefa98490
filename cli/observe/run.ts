/** What `cst status` and `cst logs` do. */
import { statSync } from 'node:fs';
import { styleText } from 'node:util';
import type { Clock } from '../../connectors/clock/port.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { SEVERITIES, type Severity } from '../../connectors/log-line.ts';
import { ConfigError, messageOf, NotFoundError, NotRunningError } from '../../schemas/errors.ts';
import { EXIT } from '../errors.ts';
import { duration } from '../figures.ts';
import { oneOf } from '../flags.ts';
import { print } from '../print.ts';
import { foldersWith } from '../stack-folders.ts';
import { renderStatus } from '../status.ts';
import { untilStopRequest } from '../stop-request.ts';
import { instantOf } from '../times.ts';
import { LOG_FILE, logFiles } from './log-file.ts';
import { type Line, LogReader } from './log-reader.ts';
import { isRunning, isStarting, type KeptStatus, readStatus, STATUS_FILE } from './status-file.ts';

export interface StatusFlags {
  readonly dir: string;
  readonly json?: boolean;
}

export interface LogsFlags {
  readonly dir: string;
  readonly follow?: boolean;
  readonly since?: string;
  readonly level: string;
  readonly trace?: string;
  readonly lines: number;
  readonly json?: boolean;
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LOOK_EVERY_MS = 250;
/** A stack that is well writes how it is every two seconds. */
const SILENT_MS = 15_000;
const COLOURS = { DEBUG: 'dim', INFO: 'reset', WARNING: 'yellow', ERROR: 'red' } as const;

/** @throws NotRunningError where none runs, and says how the last one ended; ConfigError where what is kept cannot be read. */
export function runStatus({ dir, json }: StatusFlags): void {
  const damage: unknown[] = [];
  const stacks = foldersWith(STATUS_FILE, dir).flatMap((folder) => stackIn(folder, damage));
  const running = stacks.filter((stack) => stack.isRunning);
  if (running.length === 0 && damage.length > 0) throw damage[0];
  for (const error of damage) process.stderr.write(`${messageOf(error)}\n`);
  if (json) {
    print(JSON.stringify({ running: running.length > 0, stacks: stacks.map(jsonOf) }));
    if (running.length === 0) process.exitCode = EXIT.notRunning;
    return;
  }
  if (running.length === 0) throw notRunning(dir, stacks);
  print(running.map(textOf).join('\n\n'));
}

type Stack = { folder: string; isRunning: boolean; kept: KeptStatus };

/** None where it is gone by now, or cannot be read: that is damage. */
function stackIn(folder: string, damage: unknown[]): Stack[] {
  try {
    const kept = readStatus(folder);
    return kept === null ? [] : [{ folder, isRunning: isRunning(folder) || isStarting(kept), kept }];
  } catch (error) {
    damage.push(error);
    return [];
  }
}

function jsonOf({ folder, isRunning: running, kept }: Stack) {
  return { dir: folder, running, ...kept };
}

function textOf({ folder, kept }: Stack): string {
  const { pid, version, startedMs, writtenMs, lastSignal, status } = kept;
  const [since, age] = [new Date(startedMs).toISOString(), systemClock.now() - writtenMs];
  const isSilent = age > SILENT_MS;
  return [
    status === null ? '── starting ──' : renderStatus(status),
    ...(isSilent
      ? [`silent   for ${duration(age)}: it is busy, or its disk is full; what is above is of then`]
      : []),
    `last     ${lastSignal ?? 'no signal yet'}`,
    `process  ${pid} · version ${version} · in ${folder} · since ${since} · seen ${duration(age)} ago`,
  ].join('\n');
}

function notRunning(dir: string, stacks: readonly Stack[]): NotRunningError {
  const last = stacks.toSorted((a, b) => b.kept.writtenMs - a.kept.writtenMs)[0];
  if (last === undefined)
    return new NotRunningError(`No stack runs in ${dir}, and none has. Start one: cst start.`);
  const { writtenMs, isStopped } = last.kept;
  const seen = new Date(writtenMs).toISOString();
  const end = isStopped
    ? `was stopped at ${seen}`
    : `was killed, or died: it was seen last at ${seen}, and its state is kept`;
  return new NotRunningError(
    `No stack runs in ${dir}. The last one, in ${last.folder}, ${end}. See cst logs --dir ${dir}.`,
  );
}

/** @throws NotFoundError where there is no log. */
export async function runLogs(flags: LogsFlags, clock: Clock = systemClock): Promise<void> {
  const query = {
    sinceMs: flags.since === undefined ? 0 : sinceOf(flags.since, clock.now()),
    level: oneOf(flags.level, LEVELS, '--level').toUpperCase() as Severity,
    trace: flags.trace,
  };
  const { lines: last } = flags;
  const dir = newest(flags.dir);
  const show = (line: Line) => print(flags.json ? JSON.stringify(line) : lineText(line));
  const log = new LogReader(dir, query);
  try {
    const lines = await log.next();
    for (const line of flags.since === undefined ? lines.slice(Math.max(0, lines.length - last)) : lines)
      show(line);
    if (flags.follow) await untilStopRequest((stopAsked) => follow(log, show, clock, stopAsked));
  } finally {
    await log.close();
  }
}

async function follow(
  log: LogReader,
  show: (line: Line) => void,
  clock: Clock,
  stopAsked: Promise<void>,
): Promise<void> {
  const over = new AbortController();
  void stopAsked.then(() => over.abort());
  while (!over.signal.aborted) {
    for (const line of await log.next()) show(line);
    await clock.until(clock.now() + LOOK_EVERY_MS, over.signal);
  }
}

export const LEVELS = SEVERITIES.map((severity) => severity.toLowerCase());

/** The folder whose log was written last. */
function newest(dir: string): string {
  const folders = foldersWith(LOG_FILE, dir);
  const writtenMs = (folder: string) => statSync(logFiles(folder)[1]).mtimeMs;
  const found = folders.toSorted((a, b) => writtenMs(b) - writtenMs(a))[0];
  if (found !== undefined) return found;
  throw new NotFoundError(
    `Expected the log of a stack in ${dir}, got none. cst start keeps it in its --dir; name that one.`,
  );
}

/** @throws ConfigError */
export function sinceOf(text: string, nowMs: number): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? [];
  if (unit !== undefined) return nowMs - Number(count) * UNITS[unit as keyof typeof UNITS];
  try {
    return instantOf(text, '--since');
  } catch {
    throw new ConfigError(
      `Expected --since as 10m, 2h, 1d, or a time like 2026-01-31T12:00:00Z, got "${text}".`,
    );
  }
}

function lineText({ severity, time, message, 'logging.googleapis.com/trace': trace }: Line): string {
  const level = severity === 'INFO' ? '' : `${severity}: `;
  const tail = trace === undefined ? '' : `  ${trace.slice(0, 8)}`;
  // Without colour where NO_COLOR is set, or the output is no terminal.
  return `${time.slice(0, 19)}Z ${styleText(COLOURS[severity], level + message, { stream: process.stdout })}${tail}`;
}
