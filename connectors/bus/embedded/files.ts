/** The little the bus asks of a disk; tests put a full or failing one in its place. */
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';

export interface BusFile {
  readonly path: string;
  size(): Promise<number>;
  /** Fewer bytes only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  /** Writes all bytes, or rejects having written any part of them. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Rejects, and writes do from then on, where the file was removed: what it holds nobody will find. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** As `BusFile.read` has it. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** Opens a file for reading and writing, creating it where missing. */
export type OpenFile = (path: string) => Promise<BusFile>;

export const openFile: OpenFile = async (path) => {
  const handle = await open(path, 'a').then(async (created) => {
    await created.close();
    return open(path, 'r+');
  });
  let isRemoved = false;
  const checkThere = () => {
    if (isRemoved) throw new Error('it was removed');
  };
  return {
    path,
    size: async () => (await handle.stat()).size,
    read: (position, length) => readAt(handle, position, length),
    async write(bytes, position) {
      checkThere();
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
    },
    truncate: (length) => handle.truncate(length),
    async sync() {
      isRemoved ||= (await handle.stat()).nlink === 0;
      checkThere();
      await handle.datasync();
    },
    close: () => handle.close(),
  };
};

/** Runs a disk operation; what it throws becomes an UpstreamError that names the path. */
export async function onDisk<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    const remedy = isFull
      ? 'Free some space and publish again'
      : 'Check the disk and its permissions, then try again';
    throw new UpstreamError(
      `Expected to read and write ${path}, got ${messageOf(cause)}. ${remedy}; what was published before is whole.`,
      { cause },
    );
  }
}
