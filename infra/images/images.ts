/** What is built of the Dockerfile beside this, and the commands that do it: a pure function of names and revision. */
import type { Image } from '../pulumi/config.ts';

export const DOCKERFILE = 'infra/images/Dockerfile';

/** A target of the Dockerfile each. */
export const IMAGES: Readonly<Record<Image, string>> = {
  relay: 'Trades, books and funding of an exchange onto Pub/Sub',
  functions: 'State sink, MACRO engine, trade desk, alerts, commands and charts',
  node: 'The signal graph on one node',
  worker: 'Beam SDK harness of the signal graph, for Dataflow and Flink',
  launcher: 'Launcher of the signal graph’s Flex Template',
};

/** Cloud Run and Dataflow run nothing else. */
const PLATFORM = 'linux/amd64';
const LABEL = 'org.opencontainers.image';

export interface Build {
  readonly images: readonly Image[];
  /** Where images are kept, e.g. `europe-west1-docker.pkg.dev/my-project/cst`; none: on this machine. */
  readonly repository: string | undefined;
  /** Of git, and the tag: what is built is what it holds. */
  readonly revision: string;
  readonly version: string;
}

export type Command = readonly string[];

export interface Step {
  readonly run: Command;
  /** Where this succeeds it need not be run. */
  readonly unless?: Command;
}

/** Name to push and to run. */
function nameOf(image: Image, { repository, revision }: Build): string {
  return `${repository === undefined ? '' : `${repository}/`}${image}:${revision}`;
}

/** A revision that was pushed is taken as it was built: its tag cannot be given to another image. */
export function buildAndPush(build: Build): Step[] {
  return [
    ...buildSteps(build).map((step, i) => ({
      ...step,
      unless: ['docker', 'pull', nameOf(build.images[i]!, build)],
    })),
    ...build.images.map((image) => ({ run: ['docker', 'push', nameOf(image, build)] })),
  ];
}

export function buildSteps(build: Build): Step[] {
  return build.images.map((image) => {
    const labels = {
      title: `crypto-signal-tracker ${image}`,
      description: IMAGES[image],
      licenses: 'Apache-2.0',
      version: build.version,
      revision: build.revision,
    };
    const run = [
      ...['docker', 'build', '--file', DOCKERFILE, '--target', image, '--platform', PLATFORM],
      ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${LABEL}.${key}=${value}`]),
      ...['--tag', nameOf(image, build), '.'],
    ];
    return { run };
  });
}

/** Fails where a scan finds what must not be deployed. */
export function scanSteps(build: Build): Step[] {
  return build.images.map((image) => ({ run: ['sh', 'infra/images/scan.sh', nameOf(image, build)] }));
}

/** As a shell reads it back. */
export function shellLine({ run, unless }: Step): string {
  return unless === undefined ? quoted(run) : `${quoted(unless)} || ${quoted(run)}`;
}

function quoted(command: Command): string {
  return command
    .map((word) => (/^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/** Images of others that the Dockerfile stands on, without digests. */
export function foreignImages(dockerfile: string): string[] {
  const froms = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)];
  const ours = new Set(['scratch', ...froms.map(([, , name]) => name)]);
  return froms.flatMap(([, from = '']) => (ours.has(from) ? [] : [from.replace(/@.*/, '')]));
}

/** The Dockerfile with each of them held to its digest. */
export function pinned(dockerfile: string, digests: ReadonlyMap<string, string>): string {
  return dockerfile.replaceAll(/^FROM (\S+) AS/gm, (line, from: string) => {
    const image = from.replace(/@.*/, '');
    const digest = digests.get(image);
    return digest === undefined ? line : `FROM ${image}@${digest} AS`;
  });
}
