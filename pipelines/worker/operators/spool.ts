/** The last step of a replay on a portable engine: messages go to a file of this worker process, whole bundles at once. */
import { randomBytes } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { WindowedValue } from 'apache-beam/values';
import type { IOperator } from 'apache-beam/worker/operators';
import { InvariantError } from '../../../schemas/errors.ts';
// The other end of a replay: a step that its graph has and others do not.
import '../../runners/portable/route.ts';
import { encodeSpooled, SPOOL_SUFFIX } from '../../runners/portable/spool.ts';
import { doFnPayload, SPOOL_WRITE_URN, SpoolWrite } from '../dofns.ts';
import { registerDoFn } from './index.ts';

/** Bytes held back before they are written, although the bundle goes on. */
const MAX_HELD_BYTES = 1 << 22;

/** Open files of this process, by folder. */
const files = new Map<string, number>();

class SpoolOperator implements IOperator {
  readonly transformId: string;
  readonly #spool: SpoolWrite;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(transformId: string, spool: SpoolWrite) {
    this.transformId = transformId;
    this.#spool = spool;
  }

  async startBundle(): Promise<void> {
    this.#held = [];
    this.#heldBytes = 0;
  }

  process({ value }: WindowedValue<unknown>): null {
    const { topic } = this.#spool;
    if (!(value instanceof Uint8Array)) {
      throw new InvariantError(`Expected the bytes of a PubsubMessage for "${topic}", got ${typeof value}.`);
    }
    const record = encodeSpooled(topic, value);
    this.#held.push(record);
    this.#heldBytes += record.length;
    if (this.#heldBytes >= MAX_HELD_BYTES) this.#flush();
    return null;
  }

  /** The file is in the kernel's hands before the bundle is told to be done: a killed process loses none of it. */
  async finishBundle(): Promise<void> {
    if (this.#heldBytes > 0) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#held);
    const file = fileIn(this.#spool.dir);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    this.#held = [];
    this.#heldBytes = 0;
  }
}

function fileIn(dir: string): number {
  const known = files.get(dir);
  if (known !== undefined) return known;
  const name = `${process.pid}-${randomBytes(6).toString('hex')}${SPOOL_SUFFIX}`;
  const file = openSync(join(dir, name), 'ax');
  files.set(dir, file);
  return file;
}

registerDoFn(SPOOL_WRITE_URN, ({ transformId, payload }) => {
  return new SpoolOperator(transformId, doFnPayload(SpoolWrite, payload));
});
