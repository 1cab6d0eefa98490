/** From flags and provisioning to the workers of this container and their command lines: pure. */
import '../../../transforms/sdk.beam.ts';
import type { ProvisionInfo } from 'apache-beam/proto/beam_provision_api';
import { Struct } from 'apache-beam/proto/google/protobuf/struct';
import { ConfigError } from '../../../schemas/errors.ts';
import type { BootFlags } from './flags.ts';

export interface Launch {
  readonly id: string;
  readonly args: readonly string[];
}

/** Longest single argument Linux passes to a process. Unit: bytes. */
const MAX_ARGUMENT_BYTES = 131_071;

/** One launch per worker, this one first. @throws ConfigError where the runner asks for what this image does not do. */
export function launches(flags: BootFlags, info: ProvisionInfo): Launch[] {
  refuseDependencies(info);
  const control = needed('control', info.controlEndpoint?.url || flags.controlEndpoint);
  const logging = needed('logging', info.loggingEndpoint?.url || flags.loggingEndpoint);
  const status = info.statusEndpoint?.url;
  const common = [
    `--control_endpoint=${control}`,
    `--logging_endpoint=${logging}`,
    `--provision_endpoint=${flags.provisionEndpoint}`,
    `--runner_capabilities=${info.runnerCapabilities.join(',')}`,
    ...(status ? [`--status_endpoint=${status}`] : []),
    optionsArgument(info),
  ];
  const ids = new Set([flags.id, ...info.siblingWorkerIds]);
  return [...ids].map((id) => ({ id, args: [`--id=${id}`, ...common] }));
}

function refuseDependencies({ dependencies }: ProvisionInfo): void {
  if (dependencies.length === 0) return;
  const roles = [...new Set(dependencies.map(({ roleUrn, typeUrn }) => roleUrn || typeUrn))].join(', ');
  throw new ConfigError(
    `Expected nothing to install, since the image holds everything, got ${dependencies.length} artifact(s) (${roles}). Submit the pipeline with an environment of this image and without dependencies.`,
  );
}

function needed(name: string, url: string | undefined): string {
  if (url) return url;
  throw new ConfigError(
    `Expected a ${name} endpoint, got none from the provision service nor by --${name}_endpoint. Check the runner's version.`,
  );
}

function optionsArgument({ pipelineOptions }: ProvisionInfo): string {
  const argument = `--options=${pipelineOptions ? JSON.stringify(Struct.toJson(pipelineOptions)) : '{}'}`;
  const bytes = Buffer.byteLength(argument);
  if (bytes <= MAX_ARGUMENT_BYTES) return argument;
  throw new ConfigError(
    `Expected pipeline options of at most ${MAX_ARGUMENT_BYTES} bytes, got ${bytes}. Keep data out of the options.`,
  );
}
