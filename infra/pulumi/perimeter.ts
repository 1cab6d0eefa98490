/** A perimeter of VPC Service Controls: our data answers this project alone, whatever keys somebody else may hold. */
import * as gcp from '@pulumi/gcp';
import type { Stack } from './stack.ts';

/** APIs through which data could leave. */
const APIS = [
  ...['artifactregistry', 'bigquery', 'bigtable', 'cloudtasks', 'dataflow', 'pubsub', 'run', 'secretmanager'],
  'storage',
].map((api) => `${api}.googleapis.com`);
/** What is asked for by workers and services: APIs, and images. */
const DOMAINS = ['googleapis.com', 'pkg.dev', 'gcr.io'];
/** restricted.googleapis.com: serves only what a perimeter may hold. */
const ADDRESSES = [4, 5, 6, 7].map((last) => `199.36.153.${last}`);

export function restrict(stack: Stack, accessPolicy: string, vpc: gcp.compute.Network): void {
  const { options, projectNumber } = stack;
  const parent = `accessPolicies/${accessPolicy}`;
  new gcp.accesscontextmanager.ServicePerimeter(
    'perimeter',
    {
      ...{ parent, name: `${parent}/servicePerimeters/cst`, title: 'cst' },
      status: {
        resources: [projectNumber.apply((number) => `projects/${number}`)],
        restrictedServices: APIS,
        vpcAccessibleServices: { enableRestriction: true, allowedServices: ['RESTRICTED-SERVICES'] },
      },
    },
    options,
  );
  for (const domain of DOMAINS) redirect(stack, domain, vpc);
}

function redirect({ options }: Stack, domain: string, vpc: gcp.compute.Network): void {
  const id = domain.replace('.', '-');
  const dnsName = `${domain}.`;
  const zone = new gcp.dns.ManagedZone(
    id,
    {
      ...{ name: id, dnsName, visibility: 'private' },
      description: 'Google’s APIs, inside the perimeter',
      privateVisibilityConfig: { networks: [{ networkUrl: vpc.id }] },
    },
    options,
  );
  const record = (type: string, name: string, rrdatas: string[]) =>
    new gcp.dns.RecordSet(
      `${id}-${type.toLowerCase()}`,
      { managedZone: zone.name, name, type, ttl: 300, rrdatas },
      options,
    );
  record('A', dnsName, ADDRESSES);
  record('CNAME', `*.${dnsName}`, [dnsName]);
}
