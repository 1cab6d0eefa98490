/** A perimeter of VPC Service Controls: data answers this project alone, whatever keys somebody else may hold. */
import * as gcp from '@pulumi/gcp';
import type { Stack } from './stack.ts';

/** APIs through which data could leave. */
const APIS = [
  ...['artifactregistry', 'bigquery', 'bigtable', 'cloudtasks', 'dataflow', 'pubsub', 'run', 'secretmanager'],
  'storage',
].map((api) => `${api}.googleapis.com`);

/** People are let in by the policy's own levels of access, which are the organisation's. */
export function makePerimeter({ options, projectNumber }: Stack, accessPolicy: string): void {
  const parent = `accessPolicies/${accessPolicy}`;
  new gcp.accesscontextmanager.ServicePerimeter(
    'perimeter',
    {
      parent,
      name: `${parent}/servicePerimeters/cst`,
      title: 'cst',
      status: {
        resources: [projectNumber.apply((number) => `projects/${number}`)],
        restrictedServices: APIS,
      },
    },
    options,
  );
}
