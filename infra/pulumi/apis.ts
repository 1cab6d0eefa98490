/** The services of Google's that the project uses. They stay on when the stack goes: others may use them. */
import * as gcp from '@pulumi/gcp';
import type { Config } from './config.ts';

const APIS = [
  'artifactregistry',
  'bigquery',
  'bigquerydatatransfer',
  'bigtable',
  'bigtableadmin',
  'billingbudgets',
  'cloudresourcemanager',
  'cloudscheduler',
  'cloudtasks',
  'compute',
  'containerscanning',
  'iam',
  'logging',
  'monitoring',
  'pubsub',
  'run',
  'secretmanager',
  'serviceusage',
  'storage',
] as const;

export function makeApis({ project, tier, traces, accessPolicy }: Config): gcp.projects.Service[] {
  const ofTier = tier === 'dataflow' ? ['dataflow'] : [];
  const ofPerimeter = accessPolicy === null ? [] : ['accesscontextmanager'];
  const ofTraces = traces ? ['cloudtrace', 'telemetry'] : [];
  const names = [...APIS, ...ofTier, ...ofTraces, ...ofPerimeter];
  return names.map((name) => {
    const service = `${name}.googleapis.com`;
    return new gcp.projects.Service(service, { project, service, disableOnDestroy: false });
  });
}
