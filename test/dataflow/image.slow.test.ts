import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { install, lastOf, perform, stagesOf, start } from './dockerfile.ts';

it('the worker’s image starts with the packages that its Dockerfile installs', () => {
  const [dependencies, image] = stagesOf('infra/dataflow/Dockerfile') as [
    ReturnType<typeof stagesOf>[0],
    ReturnType<typeof stagesOf>[0],
  ];
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  perform(dependencies, folder);
  install(dependencies, folder);
  perform(image, folder);
  for (const name of ['vitest', '@duckdb/node-bindings-linux-x64']) {
    expect(existsSync(join(folder, 'node_modules', name)), name).toBe(false);
  }
  expect(start(JSON.parse(lastOf(image, 'ENTRYPOINT')!), '/app', folder).output).toMatch(/Expected --id=…/);
  const worker = start(['node', '/app/pipelines/worker/main.ts'], '/app', folder);
  expect(worker.output).toMatch(/Expected --control_endpoint=HOST:PORT/);
});
