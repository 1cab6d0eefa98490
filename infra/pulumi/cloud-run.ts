/** A service on Cloud Run: our container, probed and within its limits, beside it the one that collects its metrics. */
import * as gcp from '@pulumi/gcp';
import { ComponentResource, type Resource } from '@pulumi/pulumi';
import type { Accounts } from './accounts.ts';
import { environmentOf } from './environment.ts';
import { type Network, wayOut } from './network.ts';
import { COLLECTOR, type Service } from './service.ts';
import { callersOf, type Stack } from './stack.ts';

/** What all services stand on. */
export interface Platform {
  readonly stack: Stack;
  readonly accounts: Accounts;
  readonly network: Network;
  /** Rights that a service needs to start. */
  readonly rights: readonly Resource[];
}

type Template = gcp.types.input.cloudrunv2.ServiceTemplate;
type Container = gcp.types.input.cloudrunv2.ServiceTemplateContainer;

const PORT = 8080;
const OWN = 'service';
/** Longer than any request may take: MACRO waits for its bars. */
const TIMEOUT = '600s';

/** By its own defaults it scrapes `/metrics` of that port each 30 s, and once more when the instance ends. */
const COLLECTOR_IMAGE =
  'us-docker.pkg.dev/cloud-ops-agents-artifacts/cloud-run-gmp-sidecar/cloud-run-gmp-sidecar:1.3.0';

export class CloudRunService extends ComponentResource {
  readonly service: gcp.cloudrunv2.Service;

  /** @param name Of the resource: the service's own, but for one of a pair. */
  constructor(name: string, image: string, service: Service, platform: Platform, parent?: Resource) {
    const { stack, rights } = platform;
    super('cst:CloudRunService', name, {}, { ...stack.options, ...(parent && { parent }) });
    this.service = new gcp.cloudrunv2.Service(
      name,
      {
        name,
        location: service.region,
        description: service.about,
        deletionProtection: false,
        ingress: service.isPublic ? 'INGRESS_TRAFFIC_ALL' : 'INGRESS_TRAFFIC_INTERNAL_ONLY',
        template: templateOf(image, service, platform),
        // Said, so that it holds again after a rollback by hand.
        traffics: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }],
      },
      { parent: this, dependsOn: [...rights] },
    );
    for (const [who, member] of membersOf(service, platform)) this.#letIn(name, who, member, service.region);
    this.registerOutputs({ uri: this.service.uri });
  }

  #letIn(name: string, who: string, member: gcp.cloudrunv2.ServiceIamMemberArgs['member'], location: string) {
    const role = 'roles/run.invoker';
    new gcp.cloudrunv2.ServiceIamMember(
      `${name}-by-${who}`,
      { name: this.service.name, location, role, member },
      { parent: this },
    );
  }
}

/** Who may call, beside what the service itself asks of a caller. */
function membersOf(service: Service, { accounts }: Platform) {
  if (service.isPublic) return [['anybody', 'allUsers']] as const;
  return callersOf(service).map((caller) => [caller, accounts.callers[caller].member] as const);
}

function templateOf(image: string, service: Service, { stack, accounts, network }: Platform): Template {
  const { name, instances, works } = service;
  const vpcAccess = wayOut(service, stack.config, network);
  return {
    serviceAccount: accounts.services.get(name)!.email,
    executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
    scaling: { minInstanceCount: instances.min, maxInstanceCount: instances.max },
    // A task is a picture, which takes a core.
    maxInstanceRequestConcurrency: works.length > 0 ? 1 : 80,
    timeout: TIMEOUT,
    ...(vpcAccess && { vpcAccess }),
    containers: [containerOf(image, service, stack), collectorOf(service)],
  };
}

/** All containers of an instance have CPU at the same times. */
function collectorOf({ isAlwaysOn }: Service): Container {
  const { cpu, memory } = COLLECTOR;
  // Parts of a core are told as Cloud Run keeps them: else every preview would show a change.
  const limits = { cpu: `${Number(cpu) * 1_000}m`, memory };
  const resources = { limits, cpuIdle: !isAlwaysOn };
  return { name: 'collector', image: COLLECTOR_IMAGE, dependsOns: [OWN], resources };
}

/** Restarted by `/live`: that something else is away is no reason to. */
function containerOf(image: string, service: Service, stack: Stack): Container {
  const { args, cpu, memory, isAlwaysOn } = service;
  const live = { httpGet: { path: '/live', port: PORT }, timeoutSeconds: 5 };
  return {
    name: OWN,
    image,
    ports: { containerPort: PORT },
    envs: variablesOf(service, stack),
    ...(args.length > 0 && { args: [...args] }),
    resources: { limits: { cpu, memory }, cpuIdle: !isAlwaysOn, startupCpuBoost: true },
    startupProbe: { ...live, periodSeconds: 5, failureThreshold: 48 },
    livenessProbe: { ...live, periodSeconds: 30, failureThreshold: 3 },
  };
}

function variablesOf(
  service: Service,
  stack: Stack,
): gcp.types.input.cloudrunv2.ServiceTemplateContainerEnv[] {
  const plain = Object.entries(environmentOf(service, stack)).map(([name, value]) => ({ name, value }));
  const secrets = Object.entries(service.secrets).map(([name, secret]) => ({
    name,
    valueSource: { secretKeyRef: { secret, version: 'latest' } },
  }));
  return [...plain, ...secrets];
}
