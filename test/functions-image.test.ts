import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { copiedFrom, lastOf, perform, stagesOf, start } from './dataflow/dockerfile.ts';

const ROOT = resolve(import.meta.dirname, '..');
const pinned: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies.node;
const FUNCTIONS = readdirSync(join(ROOT, 'functions'), { withFileTypes: true })
  .filter((each) => each.isDirectory())
  .map(({ name }) => name);

/** As `npm ci --omit=dev` would install them. */
function linkProductionPackages(folder: string): void {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages: [string, { dev?: boolean; optional?: boolean }][] = Object.entries(lock.packages);
  for (const [path, { dev, optional }] of packages) {
    // Those within others come with them; of optional ones only this platform's are there.
    if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || dev || optional) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(folder, path));
  }
}

describe('the functions’ image', () => {
  const stages = stagesOf('infra/functions/Dockerfile');
  const stage = stages.at(-1)!;
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  const list = (word: string): string[] => JSON.parse(lastOf(stage, word)!.replace(/^.*?CMD /, ''));
  beforeAll(() => {
    perform(stage, folder);
    linkProductionPackages(folder);
  });

  it('runs the Node that the tests run on, as nobody special', () => {
    expect(new Set(stages.map(({ from }) => from))).toEqual(new Set([`node:${pinned}-slim`]));
    expect([lastOf(stage, 'USER'), lastOf(stage, 'WORKDIR')]).toEqual(['node', '/app']);
  });

  it('copies no test and no secret', () => {
    const sources = stages.flatMap((each) => copiedFrom(each).flatMap((copy) => copy.sources));
    const wrong = sources.filter((source) => source === '.' || /^(test|bench|docs|\.git|\.cst)/.test(source));
    expect(wrong).toEqual([]);
  });

  it.each(FUNCTIONS)('has all that %s needs, and says what it wants where nobody tells', (name) => {
    const flags = [`--target=${name}`, `--source=/app/functions/${name}/index.ts`];
    const { status, output } = start([...list('ENTRYPOINT'), ...flags], '/app', folder);
    expect(output).toMatch(/^\{"severity":"ERROR","message":"Settings of the environment: [A-Z_]+: expected/);
    expect(status).toBe(4);
  });

  it('asks itself whether it is well', () => {
    const check = list('HEALTHCHECK');
    expect(check[2]).toContain(`:${lastOf(stage, 'EXPOSE')}/live`);
    expect(start(check, '/app', folder).status).toBe(1);
  });
});
