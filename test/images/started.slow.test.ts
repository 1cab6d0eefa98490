import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandOf, ROOT } from './recipe.ts';
import { folderOf, run } from './started.fixture.ts';

const FUNCTIONS = readdirSync(join(ROOT, 'functions'), { withFileTypes: true })
  .filter((each) => each.isDirectory())
  .map(({ name }) => name);

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
