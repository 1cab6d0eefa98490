import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocs } from '../docs/render.ts';

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
  return [...read(path).matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap((match) => (match[1] ?? '').replace(/\\\n\s*/g, '').split('\n'))
    .flatMap((line) => line.split(/&&|[|;]/))
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
}

const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
const helpOf = new Map<string, string>();

/** What `cst … --help` prints. */
function help(...words: string[]): string {
  const key = words.join(' ');
  const known = helpOf.get(key);
  if (known !== undefined) return known;
  const run = spawnSync(process.execPath, [join(ROOT, 'cli/main.ts'), ...words, '--help'], {
    encoding: 'utf8',
  });
  const text = run.status === 0 ? run.stdout : '';
  helpOf.set(key, text);
  return text;
}

function unknownFlags(verb: string, words: readonly string[]): string[] {
  const text = help(verb);
  return words.filter((word) => word.startsWith('--') && word !== '--' && !text.includes(word));
}

/** What is wrong with a command of the documents; null where it exists. */
function complaint(command: string): string | null {
  const [tool, ...words] = command.split(/\s+/);
  if (tool !== 'npm') return ['git', 'cd', 'export'].includes(tool ?? '') ? null : `unknown tool ${tool}`;
  const [verb = '', ...rest] = words;
  if (verb === 'ci') return null;
  const [script = '', ...args] = verb === 'run' ? rest.filter((word) => word !== '-s') : [verb, ...rest];
  if (!(script in scripts)) return `package.json has no script ${script}`;
  const cst =
    script === 'cst' ? args.slice(args.indexOf('--') + 1) : script === 'start' ? ['start', ...args] : [];
  const [cstVerb, ...flags] = cst;
  if (cstVerb === undefined || cstVerb.startsWith('--')) return null;
  if (help(cstVerb) === '' || !help().includes(` ${cstVerb}`)) return `cst has no verb ${cstVerb}`;
  const unknown = unknownFlags(cstVerb, flags);
  return unknown.length > 0 ? `cst ${cstVerb} has no ${unknown.join(', ')}` : null;
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

it.each(Object.entries(generatedDocs()))('%s is what `npm run generate` writes', (path, text) => {
  expect(read(path), 'run `npm run generate` and commit the result').toBe(text);
});

it('says of every field and parameter what it means', () => {
  for (const text of Object.values(generatedDocs())) expect(text).not.toMatch(/\| +\|/);
});
