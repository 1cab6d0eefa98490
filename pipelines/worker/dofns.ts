/** DoFns that only our worker knows: edges of the graph on engines without Pub/Sub of their own. Named by urn in a ParDo's payload. */
import { z } from 'zod';

/** Payload: JSON of `SpoolWrite`. Elements: serialized PubsubMessages, appended to a file of the worker's own. */
export const SPOOL_WRITE_URN = 'crypto-signal-tracker:dofn:spool_write:v1';
/** Payload: JSON of `PubSubWrite`. Elements: serialized PubsubMessages, published before the bundle ends. */
export const PUBSUB_WRITE_URN = 'crypto-signal-tracker:dofn:pubsub_write:v1';
/** Payload: JSON of `PubSubRead`. A splittable DoFn over one impulse; outputs serialized PubsubMessages with event time and watermark. */
export const PUBSUB_READ_URN = 'crypto-signal-tracker:dofn:pubsub_read:v1';

export const SpoolWrite = z.object({
  dir: z
    .string()
    .describe('Folder shared by workers and whoever collects; each worker process writes one file.'),
  topic: z.string(),
});
export type SpoolWrite = z.output<typeof SpoolWrite>;

export const PubSubWrite = z.object({ project: z.string(), topic: z.string() });
export type PubSubWrite = z.output<typeof PubSubWrite>;

export const PubSubRead = z.object({
  project: z.string(),
  subscriptions: z.array(z.string()).describe('Each is an output of the DoFn, of the same name.'),
  allowedDisorderMs: z.number().nonnegative().describe('Watermark = what is complete − this. Unit: ms.'),
  sinceMs: z
    .number()
    .describe('What came before was dealt with by an earlier run. Unit: ms since the epoch.'),
  symbols: z
    .array(z.string())
    .describe('`venue:symbol` of streams that must be heard of before event time moves.'),
});
export type PubSubRead = z.output<typeof PubSubRead>;
