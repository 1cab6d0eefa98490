/** `npm run build:images`: builds the project's images, pushes, scans or pins them. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Argument, CommanderError, Command as Program } from 'commander';
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { Image } from '../pulumi/config.ts';
import {
  type Build,
  buildAndPush,
  buildSteps,
  type Command,
  DOCKERFILE,
  foreignImages,
  IMAGES,
  pinned,
  type Step,
  scanSteps,
  shellLine,
} from './images.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NAMES = Object.keys(IMAGES) as Image[];

interface Flags {
  readonly repository?: string;
  readonly revision?: string;
  readonly push?: boolean;
  readonly scan?: boolean;
  readonly pin?: boolean;
  readonly dryRun?: boolean;
}

const program = new Program('build:images')
  .description('Builds images, by default all, named by the revision of git.')
  .addArgument(new Argument('[images...]', 'which').choices(NAMES))
  .option('--repository <where>', 'where images are kept: REGION-docker.pkg.dev/PROJECT/cst')
  .option('--revision <sha>', 'of git, where this folder has none')
  .option('--push', 'and push them')
  .option('--scan', 'scan what was pushed instead; fails where it must not be deployed')
  .option('--pin', 'write the newest digests of foreign images into the Dockerfile instead')
  .option('--dry-run', 'print the commands instead, for a shell')
  .configureOutput({ outputError: () => undefined })
  .exitOverride();

function main(): void {
  const { args } = program.parse();
  const flags: Flags = program.opts();
  if (flags.pin) pin();
  else for (const step of stepsOf(buildOf(args as Image[], flags), flags)) perform(step, flags);
}

function stepsOf(build: Build, { push, scan, repository, dryRun }: Flags): Step[] {
  if ((push || scan) && repository === undefined) {
    throw new ConfigError(`Expected --repository with ${push ? '--push' : '--scan'}, got none.`);
  }
  if (scan) return scanSteps(build);
  if (push && build.revision.endsWith('-dirty') && !dryRun) {
    throw new ConfigError(
      'Expected all changes committed before --push, got some that are not: no revision holds them.',
    );
  }
  if (!dryRun) output(['docker', 'version'], 'a Docker engine; start one, or see --dry-run');
  return push ? buildAndPush(build) : buildSteps(build);
}

function buildOf(images: readonly Image[], { repository, revision = revisionHere() }: Flags): Build {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return { images: images.length > 0 ? images : NAMES, repository, revision, version };
}

/** `-dirty` behind it where files differ from what it holds. */
function revisionHere(): string {
  return output(
    ['git', 'describe', '--always', '--abbrev=40', '--exclude=*', '--dirty'],
    'a git repository, or --revision',
  );
}

function pin(): void {
  const path = join(ROOT, DOCKERFILE);
  const text = readFileSync(path, 'utf8');
  const digests = new Map(foreignImages(text).map((image) => [image, digestOf(image)]));
  writeFileSync(path, pinned(text, digests));
  for (const [image, digest] of digests) console.log(`${image}@${digest}`);
}

function digestOf(image: string): string {
  const command = ['docker', 'buildx', 'imagetools', 'inspect', image, '--format', '{{.Manifest.Digest}}'];
  return output(command, 'a registry that can be reached by docker buildx');
}

/** What it says. @throws UpstreamError where it fails, with what was expected of it. */
function output([program = '', ...words]: Command, expected: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new UpstreamError(`Expected ${expected}; got: ${error?.message ?? stderr.trim()}`);
}

function perform(step: Step, { dryRun }: Flags): void {
  if (dryRun) console.log(shellLine(step));
  else if (step.unless === undefined || !succeeds(step.unless)) run(step.run);
}

function succeeds([program = '', ...words]: Command): boolean {
  return spawnSync(program, words, { cwd: ROOT, stdio: 'ignore' }).status === 0;
}

function run([program = '', ...words]: Command): void {
  const { status, error } = spawnSync(program, words, { cwd: ROOT, stdio: 'inherit' });
  if (status === 0) return;
  throw new UpstreamError(`${program} ${words.join(' ')}: ${error?.message ?? `ended with code ${status}`}`);
}

try {
  main();
} catch (error) {
  const wrong = error instanceof CommanderError ? 4 : 1;
  const { exitCode = wrong } = error as { exitCode?: number };
  process.exitCode = exitCode === 1 ? wrong : exitCode;
  if (exitCode !== 0) console.error(`Error: ${messageOf(error).replace(/^error: /, '')}`);
}
