/** Reads infra/images/Dockerfile, and lays out what an image would hold in a folder, without Docker. */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, matchesGlob, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
const DOCKERFILE = 'infra/images/Dockerfile';
const INSTALL = /\bsh packages\.sh(.*)$/;

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

interface Stage {
  readonly from: string;
  readonly instructions: Instruction[];
}

/** Does what `sh packages.sh` does, in the folder. */
export type Install = (flags: readonly string[], folder: string) => void;

export const stages: ReadonlyMap<string, Stage> = stagesOf(readFileSync(join(ROOT, DOCKERFILE), 'utf8'));

/** By name, in their order; comments gone, continued lines joined. */
function stagesOf(text: string): Map<string, Stage> {
  const lines = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  const found = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const line of lines.split('\n').filter((each) => each.trim() !== '')) {
    const [, word, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const [, from, name] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
    if (from !== undefined && name !== undefined) {
      stage = { from, instructions: [] };
      found.set(name, stage);
    } else if (stage && word !== undefined && rest !== undefined && word !== 'FROM') {
      stage.instructions.push({ word, rest });
    } else throw new Error(`${DOCKERFILE}: cannot read "${line}"`);
  }
  return found;
}

/** Of a stage and all it stands on, in the order of their effect. */
export function instructionsOf(name: string): Instruction[] {
  const stage = stages.get(name);
  return stage === undefined ? [] : [...instructionsOf(stage.from), ...stage.instructions];
}

/** What the last instruction of that word says, the one that counts. */
export function lastOf(name: string, word: string): string | undefined {
  return instructionsOf(name).findLast((instruction) => instruction.word === word)?.rest;
}

/** What ENTRYPOINT, CMD or HEALTHCHECK runs. */
export function commandOf(name: string, word: string): string[] {
  return JSON.parse(lastOf(name, word)?.replace(/^.*?CMD /, '') ?? '[]');
}

/** What ENV sets. */
export function environmentOf(name: string): Record<string, string> {
  const set = instructionsOf(name).filter(({ word }) => word === 'ENV');
  return Object.fromEntries(set.map(({ rest }) => [/^\w+/.exec(rest)![0], rest.replace(/^\w+=/, '')]));
}

/** Folders and files of the repository that are copied, those of copied stages among them. */
export function sourcesOf(name: string): string[] {
  return instructionsOf(name).flatMap(({ word, rest }) => {
    if (word !== 'COPY') return [];
    const { stage, sources } = copyOf(rest);
    return stage === undefined ? sources : sourcesOf(stage);
  });
}

function copyOf(rest: string): { stage: string | undefined; sources: string[]; target: string } {
  const stage = /^--from=(\S+)/.exec(rest)?.[1];
  const words = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
  return { stage, sources: words.slice(0, -1), target: words.at(-1)! };
}

/** Puts what the stage has in its WORKDIR into `folder`; what .dockerignore leaves out stays out. */
export function layOut(name: string, folder: string, install: Install): void {
  for (const { word, rest } of instructionsOf(name)) {
    const [, flags] = INSTALL.exec(rest) ?? [];
    if (word === 'RUN' && flags !== undefined) install(flags.split(' ').filter(Boolean), folder);
    if (word !== 'COPY') continue;
    const { stage, sources, target } = copyOf(rest);
    if (stage === undefined) for (const source of sources) copyFromContext(source, join(folder, target));
    // Of a stage that is ours all of its WORKDIR, of others programs.
    else if (sources.join() === lastOf(stage, 'WORKDIR')) layOut(stage, folder, install);
  }
}

/** As Docker copies: of a folder what is in it, a file into a folder that is there. */
export function copyFromContext(source: string, target: string): void {
  const from = join(ROOT, source);
  if (!existsSync(from)) throw new Error(`${source} is copied, but is not there`);
  const isFolder = statSync(from).isDirectory();
  const files = isFolder ? globSync('**/*', { cwd: from }) : [''];
  for (const file of files) {
    const path = join(source, file);
    if (statSync(join(ROOT, path)).isDirectory() || isLeftOut(path)) continue;
    const isInto = !isFolder && existsSync(target);
    const to = join(target, isInto ? basename(source) : file);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(ROOT, path), to);
  }
}

const patterns = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'));

/** As Docker reads it: the last pattern that matches the path, or a folder above it, decides. */
export function isLeftOut(path: string): boolean {
  const parts = path.split('/');
  const above = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
  const last = patterns.findLast((pattern) =>
    above.some((each) => matchesGlob(undotted(each), undotted(pattern.replace(/^!/, '')))),
  );
  return last !== undefined && !last.startsWith('!');
}

/** To Docker's `*` a dot is like any other letter. */
const undotted = (path: string) => path.replaceAll(/(?<=^|\/)\./g, '');

/** Packages of this checkout in place of an installation: those that `npm ci --omit=dev` would install. */
export const linkPackages: Install = (flags, folder) => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages: [string, { dev?: boolean; optional?: boolean }][] = Object.entries(lock.packages);
  for (const [path, { dev, optional }] of packages) {
    // Those within others come with them.
    if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || dev) continue;
    // Of optional ones only this platform's are there.
    if (optional && (flags.includes('--omit=optional') || !existsSync(join(ROOT, path)))) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(folder, path));
  }
};
