/** Performs a Dockerfile's steps in a folder, without Docker: what it copies, installs and starts. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, matchesGlob, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

export interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Stages in their order; comments gone, continued lines joined, `${ARG}` filled in from the ARGs before the first. */
export function stagesOf(path: string): Stage[] {
  const text = readFileSync(join(ROOT, path), 'utf8').replaceAll(/^\s*#.*\n/gm, '');
  const lines = text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  const args = new Map<string, string>();
  for (const line of lines) {
    const [, word, raw] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (word === undefined || raw === undefined) throw new Error(`${path}: cannot read "${line}"`);
    const rest = raw.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => args.get(name) ?? '');
    const named = /^(\S+)(?: AS (\S+))?$/.exec(rest);
    if (word === 'ARG') args.set(...(rest.split('=', 2) as [string, string]));
    else if (word === 'FROM') stages.push({ from: named![1]!, name: named![2] ?? '', instructions: [] });
    else stages.at(-1)!.instructions.push({ word, rest });
  }
  return stages;
}

/** Files and folders of the context that a stage copies. */
export function copiedFrom(stage: Stage): { readonly sources: readonly string[]; readonly target: string }[] {
  return stage.instructions
    .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
    .map(({ rest }) => {
      const words = rest.split(/\s+/);
      return { sources: words.slice(0, -1), target: words.at(-1)! };
    });
}

/** Lays out a stage in `folder` as its WORKDIR; what Docker would leave out stays out. */
export function perform(stage: Stage, folder: string): void {
  const isLeftOut = ignored();
  for (const { sources, target } of copiedFrom(stage)) {
    for (const source of sources) {
      const from = join(ROOT, source);
      if (!existsSync(from)) throw new Error(`${source} is copied, but is not there`);
      if (statSync(from).isDirectory()) copyFolder(source, join(folder, target), isLeftOut);
      else if (isLeftOut(source)) throw new Error(`${source} is copied, but .dockerignore leaves it out`);
      else copyFile(from, target.endsWith('/') ? join(folder, target, source) : join(folder, target));
    }
  }
}

/** Runs the stage's `npm ci` in the folder. */
export function install(stage: Stage, folder: string): void {
  const command = stage.instructions.find(({ rest }) => rest.startsWith('npm ci'))!.rest;
  const [npm = '', ...words] = command.split(' ');
  const { status, stderr } = spawnSync(npm, [...words, '--prefer-offline'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command} failed: ${stderr.slice(-1_000)}`);
}

/** Packages of this checkout in place of an installation. */
export function linkPackages(folder: string): void {
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

/** Runs a command of the image with the Node of this process, in the folder that stands for its WORKDIR. */
export function start(command: readonly string[], workdir: string, folder: string) {
  const [, ...words] = command.map((word) => word.replace(`${workdir}/`, `${folder}/`));
  const run = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  return { status: run.status, output: run.stdout + run.stderr };
}

export function lastOf(stage: Stage, word: string): string | undefined {
  return stage.instructions.findLast((instruction) => instruction.word === word)?.rest;
}

function copyFolder(source: string, target: string, isLeftOut: (path: string) => boolean): void {
  for (const path of globSync(`${source}/**/*`, { cwd: ROOT })) {
    const from = join(ROOT, path);
    if (isLeftOut(path) || statSync(from).isDirectory()) continue;
    copyFile(from, join(target, relative(source, path)));
  }
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

/** As Docker reads it: the last pattern that matches the path, or a folder above it, decides. */
function ignored(): (path: string) => boolean {
  const patterns = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return (path) => {
    const parts = path.split('/');
    const above = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    let isOut = false;
    for (const pattern of patterns) {
      const glob = pattern.replace(/^!/, '');
      if (above.some((each) => matchesGlob(each, glob))) isOut = !pattern.startsWith('!');
    }
    return isOut;
  };
}
