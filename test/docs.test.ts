import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocs } from '../docs/render.ts';
import { configOf, Settings } from '../infra/pulumi/config.ts';
import { SECRETS } from '../infra/pulumi/service.ts';
import { servicesOf } from '../infra/pulumi/services.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DOCS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'bq/README.md',
];
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** Name GitHub gives a heading to link to. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

const anchorsOf = (path: string) =>
  [...read(path).matchAll(/^#+\s+(.*)$/gm)].map((match) => anchorOf(match[1] ?? ''));

/** Targets of links and pictures within the repository that lead nowhere. */
function brokenLinks(path: string): string[] {
  const targets = [...withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)|src="([^"]+)"/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const full = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(ROOT, full))) return true;
    return anchor !== undefined && !anchorsOf(full).includes(anchor);
  });
}

/** Lines of the shell blocks of a document, continued lines joined. */
function commandsOf(path: string): string[] {
  return [...read(path).matchAll(/^```sh.*\n([\s\S]*?)^```/gm)]
    .flatMap((match) => (match[1] ?? '').replace(/\\\n\s*/g, '').split('\n'))
    .flatMap((line) => line.replace(/#.*$/, '').split(/&&|[|;]/))
    .map((line) => line.replace(/^ *(?:[A-Z_]+=\S+ )*/, '').trim())
    .filter((line) => line !== '');
}

const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
/** Programs of others. */
const FOREIGN = [
  'git',
  'cd',
  'mkdir',
  'ln',
  'export',
  'gcloud',
  'pulumi',
  'printf',
  'openssl',
  'tr',
  'curl',
  'echo',
  'read',
];
const CLI = 'cli/main.ts';
const BUILD_IMAGES = 'infra/images/main.ts';
const isFlag = (word: string) => word.startsWith('--');
const helps = new Map<string, string>();

/** What a command of ours prints with `--help`. */
function helpOf(script: string, ...words: string[]): string {
  const key = [script, ...words].join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const run = spawnSync(process.execPath, [join(ROOT, script), ...words, '--help'], { encoding: 'utf8' });
  const text = run.status === 0 ? run.stdout : '';
  helps.set(key, text);
  return text;
}

/** Of `cst`, or of a script that tells its flags. */
function unknownFlags(text: string, words: readonly string[]): string[] {
  return words.filter((word) => isFlag(word) && word !== '--' && !text.includes(word));
}

/** What is wrong with a command of the documents; null where it exists. */
function complaint(command: string): string | null {
  const [tool = '', ...words] = command.split(/\s+/);
  if (tool === 'cst') return complaintOfCst(words);
  if (tool === 'npx' && words[0] === 'cst') return complaintOfCst(words.slice(1));
  if (tool === 'sh') return existsSync(join(ROOT, words[0] ?? '')) ? null : `no script ${words[0]}`;
  if (tool !== 'npm') return FOREIGN.includes(tool) ? null : `unknown tool ${tool}`;
  const [verb = '', ...rest] = words;
  if (verb === 'ci') return null;
  const [script = '', ...args] = verb === 'run' ? rest.filter((word) => word !== '-s') : [verb, ...rest];
  if (!(script in scripts)) return `package.json has no script ${script}`;
  const given = args.slice(args.indexOf('--') + 1);
  if (script === 'cst') return complaintOfCst(given);
  if (script === 'start') return complaintOfCst(['start', ...args]);
  if (script !== 'build:images') return null;
  const unknown = unknownFlags(helpOf(BUILD_IMAGES), given);
  return unknown.length > 0 ? `build:images has no ${unknown.join(', ')}` : null;
}

/** As many words name a command as there are commands of commands. */
function complaintOfCst(words: readonly string[]): string | null {
  const path = words.slice(0, 1).filter((word) => !isFlag(word));
  if (path.length === 0) return null;
  while (helpOf(CLI, ...path).includes('\nCommands:\n') && path.length < words.length) {
    path.push(words[path.length]!);
  }
  const text = helpOf(CLI, ...path);
  if (!text.startsWith(`Usage: cst ${path.join(' ')} `)) return `cst has no verb ${path.join(' ')}`;
  const unknown = unknownFlags(text, words.slice(path.length));
  return unknown.length > 0 ? `cst ${path.join(' ')} has no ${unknown.join(', ')}` : null;
}

describe.each(DOCS)('%s', (path) => {
  it('links to what exists', () => {
    expect(brokenLinks(path)).toEqual([]);
  });

  it('shows commands that exist', () => {
    const wrong = commandsOf(path).flatMap((command) => {
      const reason = complaint(command);
      return reason === null ? [] : [`${command}: ${reason}`];
    });
    expect(wrong).toEqual([]);
  });

  it('names files that exist', () => {
    const named = [...read(path).matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|json|md|svg|yml))`/g)].map(
      (match) => match[1] ?? '',
    );
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

describe('docs/DEPLOY.md', () => {
  const text = read('docs/DEPLOY.md');
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

  it('shows commands of ours that exist, within sentences, too', () => {
    const ours = inline.filter((code) => /^(cst|npm run|sh) /.test(code));
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.flatMap((command) => complaint(command.replace(' …', '')) ?? [])).toEqual([]);
  });

  it('names settings of a stack that exist', () => {
    const named = new Set([...text.matchAll(/\bcst:(\w+)/g)].map(([, name]) => name!));
    expect([...named].filter((name) => !(name in Settings.shape))).toEqual([]);
  });

  it('names secrets, services and scripts that exist', () => {
    const services = servicesOf(configOf({ project: 'my-project', stage: 'dev', chats: ['1'] }));
    const secrets = [...text.matchAll(/secrets (?:versions add|versions access latest --secret) ([\w-]+)/g)];
    expect(secrets.filter(([, name]) => !(name! in SECRETS)).map(([line]) => line)).toEqual([]);
    const named = [...text.matchAll(/(?:logs read|rollback\.sh) ([\w-]+)/g)].map(([, name]) =>
      name!.replace(/-[ab]$/, ''),
    );
    expect(named.filter((name) => !services.some((service) => service.name === name))).toEqual([]);
    const scripts = [...text.matchAll(/infra\/[\w/.-]+\.sh/g)].map(([path]) => path);
    expect(scripts.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

it.each(Object.entries(generatedDocs()))('%s is what `npm run generate` writes', (path, text) => {
  expect(read(path), 'run `npm run generate` and commit the result').toBe(text);
});

it('says of every field and parameter what it means', () => {
  for (const text of Object.values(generatedDocs())) expect(text).not.toMatch(/\| +\|/);
});
