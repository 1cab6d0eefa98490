import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandOf, environmentOf, isLeftOut, lastOf, ROOT, sourcesOf, stages } from './recipe.ts';
import { run } from './started.fixture.ts';

const pinned: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies.node;

describe('the recipe of the images', () => {
  it('has the Node that the tests run on', () => {
    expect(stages.get('os')!.from.replace(/@sha256:[0-9a-f]{64}$/, '')).toBe(`node:${pinned}-slim`);
  });

  it.each(['relay', 'functions', 'node', 'worker'])('runs the %s as nobody special', (target) => {
    expect(lastOf(target, 'USER')).toBe('1000');
    expect(environmentOf(target).NODE_ENV).toBe('production');
  });

  it.each([...stages.keys()])('copies no test and no secret into %s', (stage) => {
    const wrong = sourcesOf(stage).filter((source) => /^(\.|test|bench|docs|\.git|\.cst)(\/|$)/.test(source));
    expect(wrong).toEqual([]);
  });

  it.each([
    'functions/entry.fixture.ts',
    'transforms/candles/candles.model.ts',
    'infra/pulumi/index.ts',
    'infra/README.md',
    'node_modules/zod/package.json',
    '.env',
    '.git/config',
    'key.json',
  ])('leaves out %s', (path) => {
    expect(isLeftOut(path)).toBe(true);
  });

  it.each(['relay', 'functions', 'node'])(
    'asks the %s whether it lives on the port it serves',
    async (target) => {
      const check = commandOf(target, 'HEALTHCHECK');
      expect(check[2]).toContain(`:${lastOf(target, 'EXPOSE')}/live`);
      expect((await run(target, check)).status, 'nobody listens').toBe(1);
      const words = commandOf(target, 'CMD');
      if (target !== 'functions') expect(words[words.indexOf('--health-port') + 1]).toBe('8080');
    },
  );

  it('bounds the heap of services by the memory of the container, and leaves workers to their boot', () => {
    expect(environmentOf('node').NODE_OPTIONS).toMatch(/^--max-old-space-size-percentage=\d+$/);
    expect(environmentOf('worker').NODE_OPTIONS).toBeUndefined();
  });
});
