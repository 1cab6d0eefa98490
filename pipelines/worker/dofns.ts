/** DoFns that only our worker knows: edges of the graph on engines without Pub/Sub of their own. Named by urn in a ParDo's payload. */
import type { FunctionSpec } from 'apache-beam/proto/beam_runner_api';
import { z } from 'zod';

/** Of the steps that run a DoFn: the SDK's, or one of these. */
export const PAR_DO_URN = 'beam:transform:pardo:v1';

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

/** What workers reach Pub/Sub by. */
const PUBSUB = {
  project: z.string(),
  endpoint: z
    .string()
    .optional()
    .describe('`host:port` of a server that speaks the protocol without credentials; left out: Google.'),
  create: z.enum(['missing', 'never']).describe('Topics and subscriptions that are not there.'),
};

export const PubSubWrite = z.object({ ...PUBSUB, topic: z.string() });
export type PubSubWrite = z.output<typeof PubSubWrite>;

export const PubSubRead = z.object({
  ...PUBSUB,
  subscriptions: z.array(z.string()).describe('Each is an output of the DoFn, of the same name.'),
  allowedDisorderMs: z.number().nonnegative().describe('Watermark = what is complete − this. Unit: ms.'),
  sinceMs: z
    .number()
    .describe('What came before was dealt with by an earlier run. Unit: ms since the epoch.'),
  streams: z
    .array(z.string())
    .describe('`venue:symbol` of what must have been heard of before event time moves.'),
  pullStreams: z.int().positive().describe('Connections of each subscription; one carries 10 MB/s.'),
  leaseMs: z
    .int()
    .describe('What a worker that died held comes again after so long. Unit: ms, whole seconds.'),
  patienceMs: z.int().describe('How long a message that is missing is waited for. Unit: ms.'),
});
export type PubSubRead = z.output<typeof PubSubRead>;

/** One of our DoFns, as a ParDo's payload names it. */
export function doFnSpec(urn: string, payload: SpoolWrite | PubSubWrite | PubSubRead): FunctionSpec {
  return { urn, payload: Buffer.from(JSON.stringify(payload)) };
}

/** What `doFnSpec` was given. @throws SyntaxError, ZodError where the payload is no JSON of that schema. */
export function doFnPayload<S extends z.ZodType>(schema: S, payload: Uint8Array): z.output<S> {
  return schema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
}
