/** The network: what needs no internet has no way there, and reaches Google's APIs by private addresses alone. */
import * as gcp from '@pulumi/gcp';
import type { Input } from '@pulumi/pulumi';
import type { Config } from './config.ts';
import { makePerimeter } from './perimeter.ts';
import type { Service } from './service.ts';
import type { Stack } from './stack.ts';

interface Subnetworks {
  readonly inner: gcp.compute.Subnetwork;
  /** With an address of its own to the internet; none where services go there straight. */
  readonly outer: gcp.compute.Subnetwork | undefined;
}

export interface Network {
  readonly vpc: gcp.compute.Network;
  readonly regions: ReadonlyMap<string, Subnetworks>;
}

/** No firewall rule: nothing comes in, and workers with Streaming Engine do not speak to each other. */
export function makeNetwork(stack: Stack): Network {
  const { config, options } = stack;
  const vpc = new gcp.compute.Network('network', { name: 'cst', autoCreateSubnetworks: false }, options);
  const regions = regionsOf(config).map((region, i) => [region, subnetworks(stack, vpc, region, i)] as const);
  if (config.accessPolicy !== null) makePerimeter(stack, config.accessPolicy);
  return { vpc, regions: new Map(regions) };
}

/** Regions in which something runs. The place of each decides on its addresses: append relays, do not reorder them. */
function regionsOf({ region, relays }: Config): string[] {
  return [...new Set([region, ...relays.map((relay) => relay.region)])];
}

/** Inside a perimeter nothing goes out on ways of Google's own. */
function leavesByAddress({ staticEgress, accessPolicy }: Config): boolean {
  return staticEgress || accessPolicy !== null;
}

/** Machines of Dataflow have no way of Google's own. */
function machinesLeave({ tier, dataflow }: Config): boolean {
  return tier === 'dataflow' && dataflow.bootstrap.length > 0;
}

function subnetworks(stack: Stack, vpc: gcp.compute.Network, region: string, place: number): Subnetworks {
  const make = (kind: string, third: number) =>
    new gcp.compute.Subnetwork(
      `${kind}-${region}`,
      {
        name: `cst-${kind}`,
        region,
        network: vpc.id,
        ipCidrRange: `10.64.${third}.0/24`,
        privateIpGoogleAccess: true,
      },
      stack.options,
    );
  const inner = make('inner', 2 * place);
  const { config } = stack;
  const isWanted = leavesByAddress(config) || (machinesLeave(config) && region === config.region);
  if (!isWanted) return { inner, outer: undefined };
  const outer = make('outer', 2 * place + 1);
  translate(stack, vpc, outer, region);
  return { inner, outer };
}

/** One address that stays: keys of an exchange can be bound to it. */
function translate(
  { options }: Stack,
  vpc: gcp.compute.Network,
  subnetwork: gcp.compute.Subnetwork,
  region: string,
): void {
  const address = new gcp.compute.Address(`egress-${region}`, { name: 'cst-egress', region }, options);
  const router = new gcp.compute.Router(
    `router-${region}`,
    { name: 'cst', region, network: vpc.id },
    options,
  );
  new gcp.compute.RouterNat(
    `nat-${region}`,
    {
      name: 'cst',
      region,
      router: router.name,
      natIpAllocateOption: 'MANUAL_ONLY',
      natIps: [address.selfLink],
      sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
      subnetworks: [{ name: subnetwork.id, sourceIpRangesToNats: ['ALL_IP_RANGES'] }],
      logConfig: { enable: true, filter: 'ERRORS_ONLY' },
    },
    options,
  );
}

type VpcAccess = NonNullable<gcp.types.input.cloudrunv2.ServiceTemplate['vpcAccess']>;

/** How a service on Cloud Run goes out; none: straight to the internet. */
export function wayOut(service: Service, config: Config, network: Network): VpcAccess | undefined {
  const { inner, outer } = network.regions.get(service.region)!;
  if (service.reachesInternet && !leavesByAddress(config)) return undefined;
  const subnetwork = service.reachesInternet ? outer! : inner;
  const at = { network: network.vpc.id, subnetwork: subnetwork.id };
  return { egress: 'ALL_TRAFFIC', networkInterfaces: [at] };
}

/** Where machines of Dataflow are; those that read the exchange's history need a way to it. */
export function machinesAt(config: Config, { regions }: Network): Input<string> {
  const { inner, outer } = regions.get(config.region)!;
  return (machinesLeave(config) ? outer! : inner).selfLink;
}
