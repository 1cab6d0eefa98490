/** Whether a bus can be opened, asked of its files alone. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TOPIC_NAMES } from '../../../schemas/topics.ts';
import { AckFile } from './ack-file.ts';
import { type OpenFile, onDisk, readAt } from './files.ts';
import { recoverSegment } from './segment.ts';
import { SUFFIX } from './segmented-log.ts';

/**
 * Reads all of a bus that nobody has open, and changes nothing.
 * @throws ConfigError as opening it would: naming file, byte and remedy where it is damaged; UpstreamError where the disk fails.
 */
export async function checkBus(dir: string): Promise<void> {
  const topics = await onDisk(dir, () => readdir(dir));
  for (const topic of TOPIC_NAMES.filter((name) => topics.includes(name))) await checkTopic(join(dir, topic));
}

async function checkTopic(dir: string): Promise<void> {
  const names = (await onDisk(dir, () => readdir(dir))).sort();
  const segments = names.filter((name) => name.endsWith(SUFFIX));
  for (const name of segments) {
    const file = await onDisk(dir, () => openToRead(join(dir, name)));
    const base = Number(name.slice(0, -SUFFIX.length));
    await recoverSegment(file, base, name === segments.at(-1), () => {}).finally(() => file.close());
  }
  for (const name of names.filter((each) => each.endsWith('.acks'))) {
    await new AckFile(join(dir, name), openToRead).load();
  }
}

/** What was cut off stays, and counts as removed. */
const openToRead: OpenFile = async (path) => {
  const handle = await open(path, 'r');
  return {
    path,
    size: async () => (await handle.stat()).size,
    read: (position, length) => readAt(handle, position, length),
    write: async () => {},
    truncate: async () => {},
    sync: async () => {},
    close: () => handle.close(),
  };
};
