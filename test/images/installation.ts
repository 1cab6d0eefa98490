/** What infra/images/packages.sh installs, once for each way of calling it. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { copyFromContext, type Install } from './recipe.ts';

const FILES = ['package.json', 'package-lock.json', '.npmrc', 'infra/images/packages.sh'];

/** Folders by flags. @throws Error where npm fails. */
export async function installations(calls: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const made = calls.map(async (flags): Promise<[string, string]> => {
    const folder = mkdtempSync(join(tmpdir(), 'packages-'));
    for (const file of FILES) copyFromContext(file, folder);
    await promisify(execFile)(
      'sh',
      ['packages.sh', '--prefer-offline', ...flags.split(' ').filter(Boolean)],
      {
        cwd: folder,
      },
    );
    return [flags, folder];
  });
  return new Map(await Promise.all(made));
}

/** Hard links to what was installed. */
export function installedFrom(folders: ReadonlyMap<string, string>): Install {
  return (flags, folder) => {
    const from = folders.get(flags.join(' '))!;
    const { status, stderr } = spawnSync(
      'cp',
      ['-al', `${from}/node_modules`, `${from}/sbom.cdx.json`, folder],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(stderr);
  };
}
