/** The graph in the tier's way: one process that is always on, or a job of Dataflow. Both read the same subscriptions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as gcp from '@pulumi/gcp';
import { asset } from '@pulumi/pulumi';
import { CloudRunService, type Platform } from './cloud-run.ts';
import type { Config } from './config.ts';
import { imageOf } from './images.ts';
import { GRAPH, JOB_NAME } from './names.ts';
import { machinesAt } from './network.ts';
import { jsonIn } from './service.ts';
import { bucketName } from './services.ts';

const TEMPLATE = 'templates/signals.json';
const METADATA = join(import.meta.dirname, '../dataflow/flex/metadata.json');

export function makeGraph(platform: Platform): void {
  const { config } = platform.stack;
  if (!config.runGraph) return;
  if (config.tier === 'dataflow') makeJob(platform);
  else makeNode(platform);
}

function makeNode(platform: Platform): void {
  const graph = platform.stack.services.find(({ name }) => name === GRAPH)!;
  const image = imageOf('node', platform.stack.config);
  if (image !== null) new CloudRunService(graph.name, image, graph, platform);
}

/**
 * By the Flex Template, the one way in which Pulumi can own a job whose graph is built by our own command line: a change
 * of image or parameters updates the running job. What it cannot do is compare the graphs before; see docs/DECISIONS.md.
 */
function makeJob({ stack, accounts, network, rights }: Platform): void {
  const { config, labels, options } = stack;
  const [worker, launcher] = [imageOf('worker', config), imageOf('launcher', config)];
  if (worker === null || launcher === null) return;
  const bucket = bucketName(config.project);
  const template = new gcp.storage.BucketObject(
    'flex-template',
    { bucket, name: TEMPLATE, contentType: 'application/json', source: templateOf(launcher) },
    { ...options, dependsOn: [...rights] },
  );
  const { machine, maxWorkers } = config.dataflow;
  new gcp.dataflow.FlexTemplateJob(
    'graph',
    {
      name: JOB_NAME,
      region: config.region,
      labels,
      containerSpecGcsPath: `gs://${bucket}/${TEMPLATE}`,
      parameters: parametersOf(worker, config),
      machineType: machine,
      numWorkers: 1,
      maxWorkers,
      autoscalingAlgorithm: 'THROUGHPUT_BASED',
      enableStreamingEngine: true,
      subnetwork: machinesAt(config, network),
      ipConfiguration: 'WORKER_IP_PRIVATE',
      serviceAccountEmail: accounts.services.get(GRAPH)!.email,
      tempLocation: `gs://${bucket}/dataflow/temp`,
      stagingLocation: `gs://${bucket}/dataflow/staging`,
      // What is in its windows goes out; bars under way leave as incomplete.
      onDelete: 'drain',
    },
    { ...options, dependsOn: [template, ...rights] },
  );
}

/** What `gcloud dataflow flex-template build` would write. */
function templateOf(launcher: string): asset.Asset {
  const metadata = JSON.parse(readFileSync(METADATA, 'utf8'));
  return new asset.StringAsset(
    JSON.stringify({ image: launcher, sdkInfo: { language: 'PYTHON' }, metadata }),
  );
}

/** Of metadata.json. */
function parametersOf(
  workerImage: string,
  { relays, graphParams, dataflow }: Config,
): Record<string, string> {
  const { bootstrap } = dataflow;
  return {
    workerImage,
    venue: relays[0]!.venue,
    ...jsonIn('params', graphParams),
    ...(bootstrap.length > 0 && { history: 'exchange', symbols: bootstrap.join(',') }),
  };
}
