import { globSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../images/recipe.ts';
import { lint, needLinters } from './linters.ts';

const files = (pattern: string): string[] => globSync(pattern, { cwd: ROOT }).sort();
/** SC1112 takes an apostrophe for a quote. */
const AS_MEANT = ['--severity', 'warning', '--exclude', 'SC1112'];
const SCRIPTS = [...files('{infra,test}/*/*.sh'), '.ci/run'];

beforeEach(needLinters);

describe('linters are content with', () => {
  it.each(files('infra/**/Dockerfile'))('%s', (path) => {
    expect(lint('hadolint', [path])).toBe('');
  });

  it.each(SCRIPTS)('%s', (path) => {
    expect(lint('shellcheck', [...AS_MEANT, path])).toBe('');
  });

  it('the workflows, and the scripts within', () => {
    expect(lint('actionlint', ['-no-color', '-pyflakes='])).toBe('');
  });

  it.each([
    ['cloudbuild', ['cloudbuild.yaml']],
    ['github-workflows', files('.github/workflows/*.yml')],
    ['github-actions', files('.github/actions/*/action.yml')],
    ['dependabot', ['.github/dependabot.yml']],
  ])('the schema of %s', (schema, paths) => {
    expect(paths.length).toBeGreaterThan(0);
    expect(lint('check-jsonschema', ['--builtin-schema', `vendor.${schema}`, ...paths])).toBe('');
  });
});

describe('linters find', () => {
  it('a recipe without a tag', () => {
    expect(lint('hadolint', ['-'], 'FROM debian\n')).toMatch(/DL3006/);
  });

  it('a variable that is nowhere set', () => {
    expect(lint('shellcheck', ['-'], '#!/bin/sh\necho "$nowhere"\n')).toMatch(/SC2154/);
  });

  it('a workflow with an unknown word', () => {
    const workflow = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    step: []\n';
    expect(lint('actionlint', ['-no-color', '-'], workflow)).toMatch(/unexpected key "step"/);
  });
});
