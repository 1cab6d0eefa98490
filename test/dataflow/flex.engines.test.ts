import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { compileSignals } from '../../pipelines/compile.ts';
import { compareGraphs } from '../../pipelines/runners/dataflow/compatibility.ts';
import { graphOf, imageOf, inDocker } from '../../pipelines/runners/dataflow/environment.ts';
import { flexMetadata } from '../../pipelines/runners/dataflow/flex-template.ts';
import { resumption } from '../../pipelines/warm-start.ts';
import { SignalParams } from '../../schemas/params.ts';
import { needBeamPython, runPython } from './beam-python.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'infra/dataflow/flex/main.py');
const IMAGE = 'europe-docker.pkg.dev/my-project/cst/worker:1';
const START = Date.UTC(2026, 0, 1);

it('the Flex Template’s main builds the graph with our command line and hands it to Beam', (context) => {
  const python = needBeamPython(context);
  const folder = mkdtempSync(join(tmpdir(), 'flex-'));
  const overrides = { market: { basisMinutes: 30 } };
  const template = [
    `--workerImage=${IMAGE}`,
    '--venue=bybit',
    '--start=20260101',
    `--params=${JSON.stringify(overrides)}`,
  ];
  // As the launcher says it, but for local folders.
  const launcher = [
    '--project=my-project',
    '--region=europe-west1',
    '--job_name=flex',
    '--temp_location=gs://my-bucket/temp',
    `--staging_location=${folder}`,
    `--template_location=${folder}/job.json`,
    '--no_auth',
  ];
  runPython(python, [MAIN, `--cli=${join(ROOT, 'cli/main.ts')}`, ...template, ...launcher]);

  const graph = graphOf(new Uint8Array(readFileSync(join(folder, 'pipeline.pb'))));
  const params = SignalParams.parse(overrides);
  const signals = { project: 'my-project', params, leadVenue: 'bybit', history: [] } as const;
  const ours = inDocker(compileSignals({ ...signals, ...resumption([], START, params) }), IMAGE);
  expect(compareGraphs(graph, ours)).toEqual([]);
  expect(imageOf(graph)).toBe(IMAGE);
  const job = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));
  expect(job).toMatchObject({ name: 'flex', type: 'JOB_TYPE_STREAMING' });
  expect(job.environment.experiments).toContain('use_sibling_sdk_workers');
});

it('the Flex Template’s main takes each parameter of the template', () => {
  const source = readFileSync(MAIN, 'utf8');
  const taken = [...source.matchAll(/add_argument\('--(\w+)'/g)].map(([, name]) => name);
  expect(taken).toEqual(expect.arrayContaining(flexMetadata().parameters.map(({ name }) => name)));
});
