/** Shell of the documents. After `sh`, where readers do not see it, a fence says how a test takes the block. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/**
 * `runs` ends by itself, or is asked to once it has shown what a reader waits for; `stays` goes on in another terminal;
 * `elsewhere` wants a cloud, an engine or hours: its words alone are held to the commands that exist.
 */
export type How = 'runs' | 'stays' | 'elsewhere';

export interface ShellBlock {
  readonly how: How;
  readonly text: string;
}

export function shellOf(path: string): ShellBlock[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...text.matchAll(/^```sh(?: (stays|elsewhere))?\n([\s\S]*?)^```/gm)].map(([, how, lines = '']) => ({
    how: (how ?? 'runs') as How,
    text: lines,
  }));
}
