import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compileSignals } from '../../pipelines/compile.ts';
import { compareGraphs } from '../../pipelines/runners/dataflow/compatibility.ts';
import { graphOf } from '../../pipelines/runners/dataflow/environment.ts';
import { prepareJob } from '../../pipelines/runners/dataflow/job.ts';
import { dataflowOptions } from '../../pipelines/runners/dataflow/options.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { needBeamPython, runPython } from './beam-python.ts';
import { differencesOf, EXPLAINED, explanationOf } from './differences.ts';

const TRANSLATE = join(import.meta.dirname, 'translate.py');
const TIMES = { emitAfterMs: 0, publishAfterMs: 0 };

/** All settings, so that each is compared. */
const OPTIONS = dataflowOptions({
  project: 'my-project',
  region: 'europe-west1',
  image: 'europe-west1-docker.pkg.dev/my-project/cst/worker:1.0',
  tempLocation: 'gs://my-bucket/dataflow',
  numWorkers: 2,
  network: 'my-network',
  subnetwork: 'regions/europe-west1/subnetworks/my-subnetwork',
  serviceAccount: 'worker@my-project.iam.gserviceaccount.com',
  kmsKey: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
  labels: { team: 'quant' },
  serviceOptions: ['min_num_workers=1'],
});

/** The same settings in Python's words. */
const WORDS = [
  '--project=my-project',
  '--region=europe-west1',
  `--job_name=${OPTIONS.jobName}`,
  '--temp_location=gs://my-bucket/dataflow',
  '--streaming',
  '--enable_streaming_engine',
  '--num_workers=2',
  `--max_num_workers=${OPTIONS.maxWorkers}`,
  '--autoscaling_algorithm=THROUGHPUT_BASED',
  `--machine_type=${OPTIONS.machineType}`,
  `--disk_size_gb=${OPTIONS.diskGb}`,
  '--network=my-network',
  `--subnetwork=${OPTIONS.subnetwork}`,
  '--no_use_public_ips',
  `--service_account_email=${OPTIONS.serviceAccount}`,
  `--dataflow_kms_key=${OPTIONS.kmsKey}`,
  '--labels=team=quant',
  '--dataflow_service_options=min_num_workers=1',
];

it('Beam’s Python submitter takes the graph and makes the same job of it, but for what is explained', (context) => {
  const python = needBeamPython(context);
  const folder = mkdtempSync(join(tmpdir(), 'translate-'));
  const signals = { project: 'my-project', params: DEFAULT_PARAMS, leadVenue: 'bybit', history: [] } as const;
  const prepared = prepareJob({
    graph: compileSignals({ ...signals, ...TIMES }),
    options: OPTIONS,
    times: TIMES,
  });
  const graph = join(folder, 'graph.pb');
  writeFileSync(graph, prepared.bytes);
  const offline = [`--staging_location=${folder}`, `--template_location=${folder}/job.json`, '--no_auth'];
  runPython(python, [TRANSLATE, graph, ...WORDS, ...offline]);

  const differences = differencesOf(prepared.job, JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')));
  const explained = new Set(differences.map(explanationOf));
  expect(differences.filter((difference) => !explanationOf(difference))).toEqual([]);
  expect(EXPLAINED.filter((row) => !explained.has(row)).map(({ why }) => why)).toEqual([]);

  const staged = graphOf(new Uint8Array(readFileSync(join(folder, 'pipeline.pb'))));
  expect(staged.components!.environments).toEqual(graphOf(prepared.bytes).components!.environments);
  expect(compareGraphs(staged, prepared.graph)).toEqual([]);
});
