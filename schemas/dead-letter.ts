/** What could not be read, kept whole with the reason. */
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
  bytes: z.string().describe('The original bytes, base64.'),
});
export type DeadLetter = z.output<typeof DeadLetter>;

/** What came, and why it was refused; `line` where it came from a file. `eventTime` in ms since the epoch. */
export interface Refusal extends Pick<DeadLetter, 'stage' | 'reason' | 'source' | 'eventTime'> {
  readonly line?: number;
  readonly bytes: Uint8Array | string;
}

/** The letter of a refusal; the same input refused for the same reason is the same letter. */
export function deadLetterFrom({ stage, reason, source, line, eventTime, bytes }: Refusal): DeadLetter {
  return {
    id: `${stage}:${shortHash(source ?? '', reason, bytes)}`,
    stage,
    reason,
    source,
    line: line ?? null,
    eventTime,
    bytes: Buffer.from(bytes as Uint8Array).toString('base64'),
  };
}
