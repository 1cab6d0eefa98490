/** A disk that becomes full: what no longer fits is written in part, then refused, as a real one does. */
import { type OpenFile, openFile as openReal } from '../bus/embedded/files.ts';

export function fullDisk(): { openFile: OpenFile; leaveBytes(bytes: number): void } {
  let left = Number.POSITIVE_INFINITY;
  return {
    leaveBytes(bytes) {
      left = bytes;
    },
    async openFile(path) {
      const file = await openReal(path);
      return {
        ...file,
        async write(bytes, position) {
          const fitting = Math.min(bytes.length, left);
          left -= fitting;
          await file.write(bytes.subarray(0, fitting), position);
          if (fitting < bytes.length) {
            throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
          }
        },
      };
    },
  };
}
