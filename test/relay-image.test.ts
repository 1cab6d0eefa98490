import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { copiedFrom, lastOf, linkPackages, perform, stagesOf, start } from './dataflow/dockerfile.ts';

const ROOT = resolve(import.meta.dirname, '..');
const pinned: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).dependencies.node;

describe('the relay’s image', () => {
  const stages = stagesOf('infra/relay/Dockerfile');
  const stage = stages.at(-1)!;
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  const list = (word: string): string[] => JSON.parse(lastOf(stage, word)!.replace(/^.*?CMD /, ''));
  beforeAll(() => {
    perform(stage, folder);
    linkPackages(folder);
  });

  it('runs the Node that the tests run on, as nobody special', () => {
    expect(new Set(stages.map(({ from }) => from))).toEqual(new Set([`node:${pinned}-slim`]));
    expect(lastOf(stage, 'USER')).toBe('node');
    expect(lastOf(stage, 'WORKDIR')).toBe('/app');
  });

  it('copies no test and no secret', () => {
    const sources = stages.flatMap((each) => copiedFrom(each).flatMap((copy) => copy.sources));
    expect(
      sources.filter((source) => source === '.' || /^(test|bench|docs|\.git|\.cst)/.test(source)),
    ).toEqual([]);
  });

  it('has all files that a relay needs, and says what it wants where nobody tells', () => {
    const { status, output } = start([...list('ENTRYPOINT'), ...list('CMD')], '/app', folder);
    expect(output).toMatch(/Expected --project with --bus pubsub/);
    expect(status).toBe(4);
  });

  it('relays with what it has', () => {
    const words = [
      '--symbols',
      'BTCUSDT',
      '--dir',
      join(folder, 'bus'),
      '--record',
      join(folder, 'frames'),
      '--for',
      '1',
    ];
    const nowhere = ['--ws-url', 'ws://127.0.0.1:1', '--rest-url', 'http://127.0.0.1:1'];
    const { status, output } = start([...list('ENTRYPOINT'), ...words, ...nowhere], '/app', folder);
    expect(output).toMatch(/Stopped: what was received is published/);
    expect(status).toBe(0);
  });

  it('asks itself whether it is well on the port that it is told', () => {
    const check = list('HEALTHCHECK');
    expect(check.slice(0, 2)).toEqual(['node', '-e']);
    expect(check[2]).toContain(`:${list('CMD').at(-1)}/healthz`);
    expect(start(check, '/app', folder).status).toBe(1);
  });
});
