import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../schemas/errors.ts';
import { makeFolder } from './file-flags.ts';

const root = mkdtempSync(join(tmpdir(), 'cst-folder-'));

describe('makeFolder', () => {
  it('makes all that is missing, also where others make it at once', async () => {
    const path = join(root, 'a/b/c');
    await Promise.all([makeFolder(path), makeFolder(path)]);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('refuses what cannot be one', async () => {
    writeFileSync(join(root, 'file'), '');
    for (const path of [join(root, 'file'), join(root, 'file/x'), join(root, 'x'.repeat(300))]) {
      await expect(makeFolder(path)).rejects.toThrow(ConfigError);
    }
  });

  it.runIf(process.platform === 'linux')('comes to an end where no folder can be made', async () => {
    await expect(makeFolder('/proc/none/here')).rejects.toThrow(/Expected --dir .*\/proc\/none/);
    await expect(makeFolder('/proc/none', '--out')).rejects.toThrow(/Expected --out /);
  });
});
