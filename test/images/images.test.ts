import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  commandOf,
  environmentOf,
  isLeftOut,
  lastOf,
  layOut,
  linkPackages,
  ROOT,
  sourcesOf,
  stages,
} from './recipe.ts';

const pinned: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies.node;
const FUNCTIONS = readdirSync(join(ROOT, 'functions'), { withFileTypes: true })
  .filter((each) => each.isDirectory())
  .map(({ name }) => name);

/** What the image has in its WORKDIR, with the packages of this checkout; each once. */
const folders = new Map<string, string>();
function folderOf(target: string): string {
  const known = folders.get(target);
  if (known !== undefined) return known;
  const folder = join(mkdtempSync(join(tmpdir(), 'image-')), target);
  mkdirSync(folder);
  layOut(target, folder, linkPackages);
  folders.set(target, folder);
  return folder;
}

/** Runs a command of the image to its end, with the Node of this process. */
async function run(target: string, command: readonly string[], env: Record<string, string> = {}) {
  const folder = folderOf(target);
  const [, ...words] = command.map((word) => word.replace(`${lastOf(target, 'WORKDIR')}/`, `${folder}/`));
  const options = { cwd: folder, env: { ...environmentOf(target), ...env }, timeout: 60_000 };
  const child = spawn(process.execPath, words, options);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
  const [status] = await once(child, 'close');
  return { status, output };
}

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

describe.concurrent('an image has all files that it needs, and says what it wants where nobody tells', () => {
  it.each([
    ['relay', /Expected --project with --bus pubsub/],
    ['node', /Expected --project with --bus pubsub/],
    ['worker', /Expected --id=…/],
  ])('%s', async (target, complaint) => {
    const { status, output } = await run(target, [
      ...commandOf(target, 'ENTRYPOINT'),
      ...commandOf(target, 'CMD'),
    ]);
    expect(output).toMatch(complaint);
    expect(status).toBe(4);
  });

  it.each(FUNCTIONS)('functions: %s', async (name) => {
    const which = {
      FUNCTION_TARGET: name,
      FUNCTION_SOURCE: `${folderOf('functions')}/functions/${name}/index.ts`,
    };
    const { status, output } = await run('functions', commandOf('functions', 'ENTRYPOINT'), which);
    expect(output).toMatch(/^\{"severity":"ERROR","message":"Settings of the environment: [A-Z_]+: expected/);
    expect(status).toBe(4);
  });

  it('worker: the process of a worker', async () => {
    const { status, output } = await run('worker', ['node', '/app/pipelines/worker/main.ts']);
    expect(output).toMatch(/Expected --control_endpoint=HOST:PORT/);
    expect(status).not.toBe(0);
  });

  it('relay: it relays with what it has', async () => {
    const [bus, frames] = ['bus', 'frames'].map((name) => join(folderOf('relay'), '..', name));
    const where = ['--symbols', 'BTCUSDT', '--dir', bus!, '--record', frames!, '--for', '1'];
    const nowhere = ['--ws-url', 'ws://127.0.0.1:1', '--rest-url', 'http://127.0.0.1:1'];
    const { status, output } = await run('relay', [
      ...commandOf('relay', 'ENTRYPOINT'),
      ...where,
      ...nowhere,
    ]);
    expect(output).toMatch(/Stopped: what was received is published/);
    expect(status).toBe(0);
  });

  it('launcher: it builds a graph', async () => {
    const job = ['--project', 'my-project', '--region', 'europe-west1', '--temp-location', 'gs://bucket'];
    const out = join(folderOf('launcher'), '..', 'job');
    const words = ['deploy', 'dataflow', ...job, '--image', 'h.dev/worker:1', '--dry-run', '--out', out];
    const { status, output } = await run('launcher', ['node', '/template/cli/main.ts', ...words]);
    expect(output).toMatch(/^written/);
    expect(status).toBe(0);
  });
});
