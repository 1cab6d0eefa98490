/** What could not be read, kept with the reason: whole, unless that would be too long for a message. */
import { z } from 'zod';
import { shortHash } from './hash.ts';
import { EventTime } from './primitives.ts';

export const DeadLetter = z.object({
  id: z.string().describe('stage, then SHA-256 of source, reason and bytes (first 16 hex digits).'),
  stage: z.string().describe('Step that refused the input, e.g. DecodeTrades or read:trades.csv.'),
  reason: z.string().describe('What was expected and what came.'),
  source: z.string().nullable().describe('Where it came from: message id, or file and line.'),
  line: z.number().int().positive().nullable().describe('Line number in a file, 1 = first line.'),
  eventTime: EventTime.describe('Time of the message; of the last good row before it where it has none.'),
  bytes: z.string().describe('The original bytes, base64; the first 4 MB of more.'),
});
export type DeadLetter = z.output<typeof DeadLetter>;

/** A message may have 10 MB, and base64 makes a third more of it. */
const MAX_KEPT_BYTES = 4_000_000;

/** What came, and why it was refused; `line` where it came from a file. `eventTime` in ms since the epoch. */
export interface Refusal extends Pick<DeadLetter, 'stage' | 'reason' | 'source' | 'eventTime'> {
  readonly line?: number;
  readonly bytes: Uint8Array | string;
}

/** The letter of a refusal; the same input refused for the same reason is the same letter. */
export function deadLetterFrom({ stage, reason, source, line, eventTime, bytes }: Refusal): DeadLetter {
  const whole = Buffer.from(bytes as Uint8Array);
  const isCut = whole.length > MAX_KEPT_BYTES;
  return {
    id: `${stage}:${shortHash(source ?? '', reason, bytes)}`,
    stage,
    reason: isCut ? `${reason} The first ${MAX_KEPT_BYTES} of ${whole.length} bytes are kept.` : reason,
    source,
    line: line ?? null,
    eventTime,
    bytes: whole.subarray(0, MAX_KEPT_BYTES).toString('base64'),
  };
}
