/** What a replay publishes, kept as lines until the end, then written as one sorted file a topic. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { InvariantError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import { decodePubsubMessage, eventTimeOf } from '../../schemas/pubsub-message.ts';
import { ATTRIBUTES, type TopicName } from '../../schemas/topics.ts';

/** Topics the graph writes, in the order they are hashed. */
export const REPLAY_TOPICS = [
  'market-candles',
  'market-levels',
  'market-features',
  'trade-signals-micro',
  'dead-letters',
] as const satisfies readonly TopicName[];

/** Which revisions of a record are kept. */
export const REVISIONS = ['all', 'last'] as const;
export type Revisions = (typeof REVISIONS)[number];

/** Topics whose ids end in a revision. */
const REVISED: readonly TopicName[] = ['market-candles', 'market-levels', 'market-features'];

/** Bytes written at once. */
const WRITE_BYTES = 1 << 20;

/** Bytes of one block that lines are packed into: a buffer of its own for each line takes several times its size. */
const BLOCK_BYTES = 1 << 22;

interface Line {
  readonly id: string;
  readonly ts: number;
  readonly json: Buffer;
  /** Trades received for a 1m candle, copies included; the newest count where it was published again. */
  received: number;
}

export class ReplayOutput {
  readonly #revisions: Revisions;
  /** Told twice, differently, by id; forgiven where a later revision settles it. */
  readonly #contested = new Map<string, InvariantError>();
  #block = Buffer.alloc(0);
  #used = 0;
  readonly #topics = new Map<string, Map<string, Line>>(REPLAY_TOPICS.map((topic) => [topic, new Map()]));

  /**
   * @param revisions `last`: of each record the highest alone is kept. Which come between the first and the last depends
   * on when an engine fires, and one that races the branches of a join makes some of part of what was known; what
   * remains when all is said depends on nothing.
   */
  constructor(revisions: Revisions = 'all') {
    this.#revisions = revisions;
  }

  /** Takes a serialized PubsubMessage; a second copy of an id is dropped. @throws InvariantError where its content differs. */
  take(topic: string, bytes: Uint8Array): void {
    const lines = this.#topics.get(topic);
    if (!lines) throw new InvariantError(`Expected a topic of ${REPLAY_TOPICS.join(', ')}, got ${topic}.`);
    const { data, attributes } = decodePubsubMessage(bytes);
    const id = attributes[ATTRIBUTES.id] ?? '';
    const received = Number(attributes.received ?? Number.NaN);
    const known = lines.get(id);
    if (!known) {
      lines.set(id, { id, ts: eventTimeOf(attributes), json: this.#keep(data), received });
    } else if (!known.json.equals(data)) {
      this.#contest(
        topic as TopicName,
        id,
        `Expected one content for ${topic} ${id}, got ${known.json} and ${Buffer.from(data)}.`,
      );
    } else if (received > known.received) known.received = received;
  }

  #contest(topic: TopicName, id: string, what: string): void {
    const error = new InvariantError(what);
    if (this.#revisions === 'all' || !REVISED.includes(topic)) throw error;
    this.#contested.set(id, error);
  }

  /** Everything has been taken. @throws InvariantError where the last revision of a record has two contents. */
  end(): void {
    if (this.#revisions === 'last') this.#keepLast();
  }

  #keepLast(): void {
    for (const topic of REVISED) {
      const lines = this.#topics.get(topic)!;
      const last = new Map<string, number>();
      for (const id of lines.keys()) {
        const [record, revision] = revisionOf(id);
        last.set(record, Math.max(last.get(record) ?? 0, revision));
      }
      for (const id of lines.keys()) {
        const [record, revision] = revisionOf(id);
        if (revision < last.get(record)!) lines.delete(id);
        else if (this.#contested.has(id)) throw this.#contested.get(id)!;
      }
    }
  }

  count(topic: (typeof REPLAY_TOPICS)[number]): number {
    return this.#topics.get(topic)!.size;
  }

  /** Lines of a topic by event time, then id, each parsed. */
  *records(topic: (typeof REPLAY_TOPICS)[number]): Iterable<{ record: unknown; received: number }> {
    for (const { json, received } of this.#sorted(topic)) {
      yield { record: JSON.parse(json.toString('utf8')), received };
    }
  }

  /**
   * Writes `<folder>/<topic>.ndjson`: none before all of them are on disk.
   * @returns SHA-256 over the files in the order of REPLAY_TOPICS.
   * @throws UpstreamError where the folder cannot be written.
   */
  async write(folder: string): Promise<string> {
    const hash = createHash('sha256');
    try {
      mkdirSync(folder, { recursive: true });
      await writeSet(folder, (topic, draft) => {
        const lines = this.#sorted(topic).map((line) => line.json);
        writeWhole(draft, lines, (bytes) => hash.update(bytes));
      });
    } catch (cause) {
      throw new UpstreamError(
        `Cannot write to ${folder}: ${messageOf(cause)}. Check space and permissions.`,
        {
          cause,
        },
      );
    }
    return hash.digest('hex');
  }

  #keep(data: Uint8Array): Buffer {
    if (this.#used + data.length > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, data.length));
      this.#used = 0;
    }
    const kept = this.#block.subarray(this.#used, this.#used + data.length);
    kept.set(data);
    this.#used += data.length;
    return kept;
  }

  #sorted(topic: string): Line[] {
    return [...this.#topics.get(topic)!.values()].sort(
      (a, b) => a.ts - b.ts || (a.id < b.id ? -1 : Number(a.id > b.id)),
    );
  }
}

/** `venue:symbol:interval:openTime:revision` -> what the record is, and its revision. */
function revisionOf(id: string): [string, number] {
  const at = id.lastIndexOf(':');
  return [id.slice(0, at), Number(id.slice(at + 1))];
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Drafts under names of this run alone, so that two runs into one folder do not disturb each other. */
async function writeSet(
  folder: string,
  write: (topic: (typeof REPLAY_TOPICS)[number], draft: string) => void,
): Promise<void> {
  const run = `${process.pid}-${randomBytes(6).toString('hex')}`;
  const files = REPLAY_TOPICS.map((topic) => {
    const path = join(folder, `${topic}.ndjson`);
    return { topic, path, draft: `${path}.${run}.tmp` };
  });
  const removeDrafts = () => {
    for (const { draft } of files) rmSync(draft, { force: true });
  };
  const onSignal = (signal: NodeJS.Signals) => {
    removeDrafts();
    for (const name of SIGNALS) process.off(name, onSignal);
    process.kill(process.pid, signal);
  };
  for (const name of SIGNALS) process.once(name, onSignal);
  try {
    for (const { topic, path, draft } of files) {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${path} is a folder`);
      write(topic, draft);
      // A signal is heard between two files.
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const { path, draft } of files) renameSync(draft, path);
  } finally {
    removeDrafts();
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}

function writeWhole(draft: string, lines: readonly Buffer[], onBytes: (bytes: Buffer) => void): void {
  const file = openSync(draft, 'w');
  try {
    for (const bytes of blocksOf(lines)) {
      onBytes(bytes);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const NEWLINE = Buffer.from('\n');

function* blocksOf(lines: readonly Buffer[]): Iterable<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for (const line of lines) {
    parts.push(line, NEWLINE);
    size += line.length + 1;
    if (size < WRITE_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts);
}
