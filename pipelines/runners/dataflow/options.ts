/** What a Dataflow job is made of besides its graph. Flags of `cst deploy dataflow` and the Flex Template derive from it. */
import { z } from 'zod';
import { ConfigError } from '../../../schemas/errors.ts';
import { PROJECT_ID } from '../../../schemas/project-id.ts';

/** As the service checks it, told before it does. */
const JOB_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const REGION = /^[a-z]+-[a-z]+[0-9]{1,2}$/;
const GCS = /^gs:\/\/[a-z0-9][-_.a-z0-9]{1,220}[a-z0-9](\/[^\s?#[\]*]*)?$/;
const IMAGE = /^[a-z0-9][-.a-z0-9]*(:[0-9]+)?\/[-./\w]+(:[-.\w]+|@sha256:[0-9a-f]{64})$/;
const EMAIL = /^[-.\w]+@[-.\w]+$/;
const KMS_KEY = /^projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+$/;
const SUBNETWORK = /^(https:\/\/\S+\/)?(projects\/[^/\s]+\/)?regions\/[^/\s]+\/subnetworks\/[^/\s]+$/;
const LABEL_KEY = /^[a-z][-_a-z0-9]{0,62}$/;
const LABEL_VALUE = /^[-_a-z0-9]{0,63}$/;
const MACHINE = /^[a-z][a-z0-9]*-[a-z]+(-[a-z0-9]+)*$/;

/** Each member's description is its help; it says the unit, and why the default is what it is. */
export const DataflowOptions = z
  .strictObject({
    project: z.string().regex(PROJECT_ID).describe('cloud project of the job, its topics and subscriptions'),
    region: z.string().regex(REGION).describe('region the job runs in; an update stays in it'),
    jobName: z
      .string()
      .regex(JOB_NAME)
      .default('crypto-signals')
      .describe('name of the job; one job of a name runs at a time'),
    image: z.string().regex(IMAGE).describe('worker image, with tag or digest'),
    tempLocation: z.string().regex(GCS).describe('gs:// folder for temporary files'),
    stagingLocation: z
      .string()
      .regex(GCS)
      .optional()
      .describe('gs:// folder for the graph; the one for temporary files where left out'),
    machineType: z
      .string()
      .regex(MACHINE)
      .default('n2-standard-2')
      .describe('machine of a worker; one worker process runs for each vCPU'),
    numWorkers: z.int().min(1).max(1_000).default(1).describe('workers at the start'),
    maxWorkers: z
      .int()
      .min(1)
      .max(1_000)
      .default(4)
      .describe('most workers that autoscaling may start: the bound of what an hour costs'),
    autoscaling: z
      .enum(['throughput', 'none'])
      .default('throughput')
      .describe('throughput: by backlog and load; none: as many as at the start'),
    diskGb: z
      .int()
      .min(10)
      .max(64_000)
      .default(30)
      .describe('boot disk of a worker in GB: image and logs, since windows are kept by the service'),
    network: z
      .string()
      .min(1)
      .optional()
      .describe("network of the workers; the project's default where left out"),
    subnetwork: z
      .string()
      .regex(SUBNETWORK)
      .optional()
      .describe('regions/REGION/subnetworks/NAME of the workers'),
    publicIps: z
      .boolean()
      .default(false)
      .describe('give workers public addresses; without, the subnetwork needs Private Google Access'),
    serviceAccount: z.string().regex(EMAIL).optional().describe('service account of the workers'),
    kmsKey: z.string().regex(KMS_KEY).optional().describe('key that encrypts state and disks'),
    labels: z
      .record(z.string().regex(LABEL_KEY), z.string().regex(LABEL_VALUE))
      .default({})
      .describe('labels of the job and its machines, for the bill'),
    experiments: z
      .array(z.string().regex(/^[\w.]+(=\S+)?$/))
      .default([])
      .describe('further experiments of the service'),
    serviceOptions: z
      .array(z.string().regex(/^[\w.]+(=\S+)?$/))
      .default([])
      .describe('further options of the service'),
  })
  .refine((o) => o.numWorkers <= o.maxWorkers, {
    path: ['numWorkers'],
    message: 'must not be more than maxWorkers',
  });
export type DataflowOptions = z.output<typeof DataflowOptions>;

/** `jobName` → `--job-name`. */
export function flagOf(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @throws ConfigError naming every flag that is wrong, and what it must look like. */
export function dataflowOptions(settings: Readonly<Record<string, unknown>>): DataflowOptions {
  const parsed = DataflowOptions.safeParse(settings);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => {
    const option = String(path[0]);
    const given = settings[option];
    return given === undefined
      ? `${flagOf(option)} is missing (${helpOf(option)})`
      : `${flagOf(option)} ${JSON.stringify(given)}: ${message} (${helpOf(option)})`;
  });
  throw new ConfigError(`Expected the settings of a Dataflow job: ${faults.join('; ')}.`);
}

/** Where a job is, for those who only look for it. @throws ConfigError */
export function jobPlace(
  settings: Readonly<Record<string, unknown>>,
): Pick<DataflowOptions, 'project' | 'region' | 'jobName'> {
  const { project, region, jobName } = settings;
  // Neither says where a job is.
  const others = { image: 'any.dev/image:any', tempLocation: 'gs://any' };
  return dataflowOptions({ ...others, project, region, ...(jobName === undefined ? {} : { jobName }) });
}

function helpOf(option: string): string {
  const shape: Readonly<Record<string, z.ZodType>> = DataflowOptions.shape;
  return shape[option]?.description ?? 'no such setting';
}
