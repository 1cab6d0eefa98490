import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocs } from '../docs/render.ts';
import { configOf, Settings } from '../infra/pulumi/config.ts';
import { SECRETS } from '../infra/pulumi/service.ts';
import { servicesOf } from '../infra/pulumi/services.ts';
import { complaintOf } from './docs/complaint.ts';
import { commandsOf, DOCUMENTS, inlineCommandsOf, ROOT } from './docs/shell.ts';

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
  const targets = [...withoutCode(read(path)).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
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

describe.each(DOCUMENTS)('%s', (path) => {
  it('links to what exists', () => {
    expect(brokenLinks(path)).toEqual([]);
  });

  it('shows commands that exist, within sentences, too', () => {
    const commands = [...commandsOf(path), ...inlineCommandsOf(path)];
    expect(commands.flatMap((command) => complaintOf(command) ?? [])).toEqual([]);
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
