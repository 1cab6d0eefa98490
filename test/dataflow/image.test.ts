import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { copiedFrom, lastOf, linkPackages, perform, stagesOf, start } from './dockerfile.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const newFolder = () => mkdtempSync(join(tmpdir(), 'image-'));
const pinned: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies.node;

describe.each([
  ['worker', 'infra/dataflow/Dockerfile'],
  ['launcher', 'infra/dataflow/flex/Dockerfile'],
])('the Dockerfile of the %s', (_name, path) => {
  it('runs the Node that the tests run on', () => {
    const images = stagesOf(path).flatMap(({ from }) => (from.startsWith('node:') ? [from] : []));
    expect(new Set(images)).toEqual(new Set([`node:${pinned}-slim`]));
  });

  it('copies no test and no secret', () => {
    for (const stage of stagesOf(path)) {
      for (const { sources } of copiedFrom(stage)) {
        expect(
          sources.filter((source) => source === '.' || /^(test|bench|docs|\.git|\.cst)/.test(source)),
        ).toEqual([]);
      }
    }
  });
});

describe('the worker’s image', () => {
  const stage = stagesOf('infra/dataflow/Dockerfile').at(-1)!;
  const folder = newFolder();
  beforeAll(() => {
    perform(stage, folder);
    linkPackages(folder);
  });

  it('runs as nobody special', () => {
    expect(lastOf(stage, 'USER')).toBe('node');
    expect(lastOf(stage, 'WORKDIR')).toBe('/app');
  });

  it('has all files that its boot needs, and says what it wants where nobody tells', () => {
    const entry: string[] = JSON.parse(lastOf(stage, 'ENTRYPOINT')!);
    const { status, output } = start(entry, '/app', folder);
    expect(output).toMatch(/Expected --id=…/);
    expect(status).toBe(4);
  });

  it('has all files that a worker process needs', () => {
    const { status, output } = start(['node', '/app/pipelines/worker/main.ts'], '/app', folder);
    expect(output).toMatch(/Expected --control_endpoint=HOST:PORT/);
    expect(status).not.toBe(0);
  });
});

it('the launcher’s image has all files that build a graph', () => {
  const stage = stagesOf('infra/dataflow/flex/Dockerfile').at(-1)!;
  const [folder, out] = [newFolder(), newFolder()];
  perform(stage, folder);
  linkPackages(folder);
  const job = ['--project', 'my-project', '--region', 'europe-west1', '--temp-location', 'gs://bucket'];
  const words = ['deploy', 'dataflow', ...job, '--image', 'h.dev/worker:1', '--dry-run', '--out', out];
  const { status, output } = start(['node', '/template/cli/main.ts', ...words], '/template', folder);
  expect(output).toMatch(/^written/);
  expect(status).toBe(0);
});
