/**
 * The input of engine-input.ts through one engine in this process and those that it starts: `node bench/engine-replay.ts
 * <runner>`. Says `begin` once everything is in memory, at the end one line of JSON.
 */
import { systemClock } from '../connectors/clock/system.ts';
import { compileSignals } from '../pipelines/compile.ts';
import { EMBEDDED_ENGINE, type ReplayEngine } from '../pipelines/replay/engine.ts';
import type { SourceChunk, SourceReader } from '../pipelines/runners/embedded/edges.ts';
import { portableEngine } from '../pipelines/runners/portable/engine.ts';
import type { Published } from '../pipelines/signals.fixture.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { decodePubsubMessage, encodePubsubMessage, eventTimeOf } from '../schemas/pubsub-message.ts';
import type { TopicName } from '../schemas/topics.ts';
import type { Second } from '../test/single-node/day.ts';
import { hashOf, secondsOfInput, timeOf, VENUE, warmHere } from './engine-input.ts';

const DISORDER_MS = DEFAULT_PARAMS.market.allowedDisorderMs;

function engineOf(name: string): ReplayEngine {
  if (name !== 'prism' && name !== 'flink') return EMBEDDED_ENGINE;
  const log = ({ message }: { readonly message: string }) => console.error(message);
  return portableEngine(name, { env: process.env, clock: systemClock, log });
}

/** Messages of one topic, a chunk a second. `onRead`: told before a second is handed over. */
function readerOf(
  seconds: readonly Second[],
  kind: 'trades' | 'books',
  onRead: () => void = () => undefined,
): SourceReader {
  const chunks = seconds.map(
    (second): SourceChunk => ({
      messages: second[kind].map((message) => ({
        bytes: encodePubsubMessage({ ...message, messageId: '' }),
        eventTimeMs: eventTimeOf(message.attributes),
        ack: () => undefined,
      })),
      watermarkMs: second.endMs - DISORDER_MS,
    }),
  );
  let next = 0;
  return {
    read: () => {
      onRead();
      return chunks[next++];
    },
    close: () => undefined,
  };
}

const engine = engineOf(process.argv[2]!);
const seconds = secondsOfInput();
const published: Published[] = [];
/** When the second that is worked on was handed over, and when the newest 1m bar of each minute had left. Unit: ms. */
let handedMs = 0;
const tookMs = new Map<number, number>();
const sources: Record<string, SourceReader> = {
  'raw-tick-data': readerOf(seconds, 'trades'),
  'book-snapshots': readerOf(seconds, 'books', () => {
    handedMs = performance.now();
  }),
};

const pipeline = compileSignals({
  project: 'bench',
  params: DEFAULT_PARAMS,
  leadVenue: VENUE,
  ...(await warmHere()),
});
process.stdout.write('begin\n');
await engine.run(pipeline, {
  openSource: (name) => sources[name]!,
  take(topic, bytes) {
    const { attributes, data } = decodePubsubMessage(bytes);
    const json = Buffer.from(data).toString();
    published.push({ topic: topic as TopicName, id: attributes.id!, json, turn: 0 });
    if (topic !== 'market-candles' || !json.includes('"1m"')) return;
    tookMs.set(timeOf(topic, json), performance.now() - handedMs);
  },
});
process.stdout.write(`${JSON.stringify({ hash: hashOf(published), tookMs: [...tookMs] })}\n`);
