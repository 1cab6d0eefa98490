import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = resolve(import.meta.dirname, '../../infra/pulumi');
const read = (file: string) => readFileSync(resolve(FOLDER, file), 'utf8');

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}
const manifest = JSON.parse(read('package.json'));
const locked: [string, Locked][] = Object.entries(JSON.parse(read('package-lock.json')).packages);

describe('npm ci --prefix infra/pulumi', () => {
  it('takes packages from whatever registry the machine uses, and only those that were tested', () => {
    expect(locked.flatMap(([, { resolved }]) => resolved ?? [])).toEqual([]);
    const packages = locked.filter(([path]) => path !== '');
    expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  });

  it('installs the versions that were tested, no ranges', () => {
    const versions = Object.values<string>(manifest.dependencies);
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    expect(locked[0]![1]).toMatchObject({ dependencies: manifest.dependencies });
  });

  it('runs no script of a package', () => {
    const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect(manifest.allowScripts).toEqual(Object.fromEntries(names.map((name) => [name, false])));
  });

  it('writes the lock as the root does', () => {
    expect(read('.npmrc')).toBe(readFileSync(resolve(FOLDER, '../../.npmrc'), 'utf8'));
  });
});
