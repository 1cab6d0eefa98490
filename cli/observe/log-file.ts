/** The log of a stack in its folder: bounded, one JSON object a line, whole up to the moment that it was killed. */
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../connectors/clock/port.ts';
import { jsonLog, type Log, traceFields } from '../../connectors/log-line.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { barOfSignal, traceIdOf } from '../../schemas/trace.ts';

/** Of both files, the one that is written and the one before. Unit: bytes. */
const MAX_BYTES = 16 << 20;
export const LOG_FILE = 'stack.log';

/** Of a stack's folder, the oldest first. */
export function logFiles(dir: string): readonly [old: string, current: string] {
  return [join(dir, `${LOG_FILE}.old`), join(dir, LOG_FILE)];
}

/** A disk that fails costs lines, and never the stack. */
export function stackLog(dir: string, clock: Clock, maxBytes = MAX_BYTES): Log {
  const [old, current] = logFiles(dir);
  let size = statSync(current, { throwIfNoEntry: false })?.size ?? 0;
  // Whoever wrote before may have died within a line.
  let start = size > 0 ? '\n' : '';
  return jsonLog(clock, (line) => {
    try {
      if (size + line.length > maxBytes / 2 && size > 0) {
        // What is put aside ends with a whole line, too.
        if (start !== '') appendFileSync(current, start);
        renameSync(current, old);
        [size, start] = [0, ''];
      }
      appendFileSync(current, start + line);
      size += Buffer.byteLength(start + line);
      start = '';
    } catch {
      // It is told of by what else the disk does not take.
    }
  });
}

/** How often a sentence that comes again and again is logged. Unit: ms. */
const AGAIN_MS = 60_000;
/** Sentences that are remembered. */
const REMEMBERED = 1_000;

/** A full disk is told of with each write. */
export function oncePerMinute(log: Log, clock: Clock): Log {
  const toldMs = new Map<string, number>();
  return (severity, message, fields) => {
    const now = clock.now();
    if (now - (toldMs.get(message) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    if (toldMs.size >= REMEMBERED) toldMs.clear();
    toldMs.set(message, now);
    log(severity, message, fields);
  };
}

/** What a person would look for again: signals, biases, decisions, ends of positions. Id of a signal, null of all else. */
export function logMessage(log: Log, topic: TopicName, json: string): string | null {
  const { id, signalId = id, kind, side, pair, refusal, bias } = JSON.parse(json);
  const bar = barOfSignal(String(signalId));
  const words = [topic, kind, side, pair, bias, refusal].filter((word) => typeof word === 'string');
  log('INFO', words.join(' '), { id, signal: signalId, ...(bar && traceFields(traceIdOf(bar), undefined)) });
  return topic.startsWith('trade-signals') ? id : null;
}

/** Trades may be missing, or a stream is not what it should be. */
const BAD_NEWS: readonly FeedEvent['kind'][] = [
  'DISCONNECTED',
  'GAP',
  'STALE',
  'REFUSED',
  'DIFFERS',
  'DROPPED',
];

/** @param beganMs What the feed lacks of the time before is no news. Unit: market ms since the epoch. */
export function logFeedEvent(log: Log, json: string, beganMs: number): void {
  const { kind, symbol, cause, from, to, ts } = FeedEvent.parse(JSON.parse(json));
  const isBad = BAD_NEWS.includes(kind) && (from ?? ts) >= beganMs;
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 19);
  const span = from === null ? '' : ` ${time(from)} to ${to === null ? 'now' : time(to)}`;
  log(isBad ? 'WARNING' : 'INFO', `feed ${kind} ${symbol}${span}: ${cause}`);
}
