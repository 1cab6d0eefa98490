/** A whole stack made without a cloud: every resource as the program asked for it. */
import { runtime } from '@pulumi/pulumi';
import { type Config, configOf, STAGES, TIERS } from './config.ts';
import { makeAll } from './program.ts';

export interface Made {
  /** As Pulumi has it, e.g. `gcp:pubsub/topic:Topic`. */
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: as many shapes as there are resources
  readonly inputs: any;
  /** Name of the provider; empty for Pulumi's default one. */
  readonly provider: string;
  /** Stays where it is when the stack lets it go. */
  readonly isRetained: boolean;
  /** Names of the resources that must be there before. */
  readonly after: readonly string[];
}

/** All that is made, in the order of type and name. */
export type Stacked = readonly Made[];

/** Both tiers, in both stages. */
export const STACKS = TIERS.flatMap((tier) => STAGES.map((stage) => ({ tier, stage })));
export const PROJECT = 'test-project';
export const PROJECT_NUMBER = '123456789012';

/** With what has no default, and images. */
export function configWith(given: Readonly<Record<string, unknown>> = {}): Config {
  const needed = { project: PROJECT, stage: 'prod', chats: ['-1001234567890'], imageTag: '1.0' };
  return configOf({ ...needed, ...given });
}

/** What the program makes of these settings. */
export function stackOf(given: Readonly<Record<string, unknown>> = {}): Promise<Stacked> {
  return madeBy(() => makeAll(configWith(given)));
}

const known = new Map<string, Promise<Stacked>>();

/** The same for one of `STACKS`, made once. */
export function stackOfTier({ tier, stage }: (typeof STACKS)[number]): Promise<Stacked> {
  const key = `${tier} ${stage}`;
  const made = known.get(key) ?? stackOf({ tier, stage, alertEmail: 'oncall@example.com' });
  known.set(key, made);
  return made;
}

/** Pulumi's registry of what is made is one to a process: one after the other. */
let turn: Promise<unknown> = Promise.resolve();

export function madeBy(program: () => unknown): Promise<Stacked> {
  const made = turn.then(() => run(program));
  turn = made.catch(() => undefined);
  return made;
}

interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getProvider(): string;
  getRetainondelete(): boolean | undefined;
  getDependenciesList(): string[];
}

interface Monitor {
  registerResource(request: Request, callback: unknown): Promise<void>;
}

async function run(program: () => unknown): Promise<Stacked> {
  const inputs = new Map<string, unknown>();
  const made: Made[] = [];
  await runtime.setMocks(
    {
      newResource: ({ type, name, inputs: asked }) => {
        inputs.set(`${type} ${name}`, asked);
        const { id = asked.name ?? name, ...state } = computed(type, asked);
        return { id, state: { name, ...asked, ...state } };
      },
      call: ({ inputs: asked }) => ({ ...asked, number: PROJECT_NUMBER }),
    },
    'cst',
    'test',
  );
  const monitor = runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  // What Pulumi keeps to itself of a resource, mocks are not told.
  monitor.registerResource = async (request, callback) => {
    await register(request, callback);
    const [type, name] = [request.getType(), request.getName()];
    if (!request.getCustom()) return;
    made.push({
      type,
      name,
      inputs: inputs.get(`${type} ${name}`),
      provider: /::([^:]+)::[^:]*$/.exec(request.getProvider())?.[1] ?? '',
      isRetained: request.getRetainondelete() ?? false,
      after: request.getDependenciesList().map(lastPart).sort(),
    });
  };
  // Pulumi keeps the stack of every promise, which is most of its time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    program();
    await runtime.disconnect();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return made.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** What Google answers beside what it was asked. */
function computed(
  type: string,
  { accountId, name, roleId, service }: Made['inputs'],
): { id?: string; [field: string]: unknown } {
  switch (type) {
    case 'gcp:serviceaccount/account:Account': {
      const email = `${accountId}@${PROJECT}.iam.gserviceaccount.com`;
      return {
        email,
        member: `serviceAccount:${email}`,
        name: `projects/${PROJECT}/serviceAccounts/${email}`,
      };
    }
    case 'gcp:projects/serviceIdentity:ServiceIdentity':
      return { member: `serviceAccount:service-${PROJECT_NUMBER}@gcp-sa-${nameOf(service)}` };
    case 'gcp:projects/iAMCustomRole:IAMCustomRole':
      return { name: `projects/${PROJECT}/roles/${roleId}` };
    case 'gcp:pubsub/topic:Topic':
      return { id: `projects/${PROJECT}/topics/${name}` };
    default:
      return {};
  }
}

/** `pubsub.googleapis.com` → `pubsub.iam.gserviceaccount.com`. */
function nameOf(service: string): string {
  return service.replace('googleapis.com', 'iam.gserviceaccount.com');
}

function keyOf({ type, name }: Made): string {
  return `${type} ${name}`;
}

function lastPart(urn: string): string {
  return urn.slice(urn.lastIndexOf('::') + 2);
}
