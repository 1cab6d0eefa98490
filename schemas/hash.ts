/** Identity of content, for ids and for what a signal was computed from. */
import { createHash } from 'node:crypto';

/** First 16 hex digits of SHA-256: short enough to read, long enough never to collide here. */
export function shortHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}
