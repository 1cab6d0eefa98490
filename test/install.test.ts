import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string) => JSON.parse(readFileSync(resolve(ROOT, path), 'utf8'));

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Record<string, string>;
}
const locked: Record<string, Locked> = read('package-lock.json').packages;
const manifest = read('package.json');

/** Folders where Node looks for a package from within `path`, nearest first. */
function places(path: string, name: string): string[] {
  const parts = path.split('/node_modules/');
  const parents = parts.map((_, i) => parts.slice(0, parts.length - i).join('/node_modules/'));
  return [...parents, ''].map((base) => `${base === '' ? '' : `${base}/`}node_modules/${name}`);
}

it('has the files that its scripts and its command run', () => {
  const scripts = Object.values<string>(manifest.scripts).flatMap((script) =>
    [...script.matchAll(/node (?:--\S+ )*(\S+)/g)].map((match) => match[1] ?? ''),
  );
  const files = [...scripts, ...Object.values<string>(manifest.bin)];
  expect(files.filter((file) => !existsSync(resolve(ROOT, file)))).toEqual([]);
});

describe('npm ci', () => {
  it('finds every platform’s packages in the lock, as npm 11 demands', () => {
    const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !places(path, name).some((p) => p in locked)),
    );
    expect(missing).toEqual([]);
  });

  it('takes packages from whatever registry the machine uses', () => {
    expect(Object.values(locked).flatMap(({ resolved }) => resolved ?? [])).toEqual([]);
  });

  it('installs the versions that were tested, no ranges', () => {
    const versions = Object.values<string>({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('runs scripts on the pinned Node', () => {
    expect(process.version).toBe(`v${manifest.dependencies.node}`);
    expect(readFileSync(resolve(ROOT, '.nvmrc'), 'utf8').trim()).toBe(manifest.dependencies.node);
    expect(manifest.allowScripts.node, 'its install script fetches the runtime').toBe(true);
  });
});
