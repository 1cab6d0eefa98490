import { runtime } from '@pulumi/pulumi';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../schemas/errors.ts';
import { configOf, Settings } from './config.ts';
import { readConfig } from './read-config.ts';
import { configOfFile } from './stack-files.fixture.ts';

const NEEDED = { project: 'my-project', stage: 'dev', chats: ['-1001234567890'] };

describe('configOf', () => {
  it('needs a project, a stage and a chat; the rest has a default', () => {
    const { relays, region, tier, keepHistory, imageTag } = configOf(NEEDED);
    expect({ relays, region, tier, keepHistory, imageTag }).toEqual({
      relays: [{ venue: 'bybit', region: 'asia-southeast1', symbols: [], universe: 25 }],
      region: 'asia-southeast1',
      tier: 'single-node',
      keepHistory: false,
      imageTag: null,
    });
  });

  it('keeps history in prod alone, unless told otherwise', () => {
    expect(configOf({ ...NEEDED, stage: 'prod' }).keepHistory).toBe(true);
    expect(configOf({ ...NEEDED, stage: 'prod', keepHistory: false }).keepHistory).toBe(false);
    expect(configOf({ ...NEEDED, keepHistory: true }).keepHistory).toBe(true);
  });

  it('runs a relay where it is told', () => {
    const relays = [{ venue: 'kraken', region: 'europe-west2', symbols: ['BTC/USDT'] }];
    expect(configOf({ ...NEEDED, relays }).relays).toEqual([
      { venue: 'kraken', region: 'europe-west2', symbols: ['BTC/USDT'], universe: 25 },
    ]);
  });

  it('tells all that is missing or wrong at once, and what to do', () => {
    const wrong = () => configOf({ chats: ['me'], region: 'Europe', budget: { amount: -1 }, regoin: 'x' });
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(
      /^Settings of the stack: project: expected it: pulumi config set gcp:project my-project; region: expected a region, e\.g\. europe-west1; stage: expected dev or prod: .*; chats\.0: expected a number, .*; budget\.amount: .*; budget\.billingAccount: .*"regoin"\. Put them right in Pulumi\.STACK\.yaml/,
    );
  });

  it.each([
    ['two relays of an exchange', { relays: [{ venue: 'bybit' }, { venue: 'bybit' }] }],
    ['a universe of spot pairs', { relays: [{ venue: 'kraken' }] }],
    ['fewer nodes at most than at least', { stateNodes: { min: 3, max: 2 } }],
    ['a digest that is none', { imageDigests: { relay: 'sha256:abc' } }],
    ['a table that is not there', { keepDays: { candels: 3 } }],
    ['an analyst without a kind', { analysts: ['me@example.com'] }],
  ])('refuses %s', (_, given) => {
    expect(() => configOf({ ...NEEDED, ...given })).toThrow(ConfigError);
  });

  it.each([
    ['deskParams', { maxConcurrent: 2 }, 'deskParams: Unrecognized key: "maxConcurrent"'],
    ['graphParams', { market: { allowedDisorderMs: -1 } }, 'graphParams.market.allowedDisorderMs: '],
    ['macroParams', { nothing: 1 }, 'macroParams: '],
  ])('refuses parameters that the reader of %s would', (name, given, message) => {
    expect(() => configOf({ ...NEEDED, [name]: given })).toThrow(message);
  });

  it('says of every setting what it is', () => {
    const silent = Object.entries(Settings.shape).filter(([, { description }]) => !description);
    expect(silent.map(([name]) => name)).toEqual([]);
  });
});

describe('readConfig', () => {
  const told = (stack: string, config: Record<string, string>) => {
    runtime.resetOptions('cst', stack, -1, '', '', false, '');
    runtime.setAllConfig(config);
    return readConfig();
  };

  it('takes texts as they are, all else as JSON, as Pulumi hands them over', () => {
    const config = told('prod', {
      'gcp:project': 'my-project',
      'gcp:region': 'europe-west1',
      'cst:imageTag': '1.0',
      'cst:chats': '[-1001234567890]',
      'cst:keepHistory': 'false',
      'cst:stateNodes': '{"max":5}',
      'cst:deskParams': '{"venue":"bybit"}',
    });
    expect(config).toMatchObject({
      project: 'my-project',
      region: 'europe-west1',
      stage: 'prod',
      imageTag: '1.0',
      chats: ['-1001234567890'],
      keepHistory: false,
      stateNodes: { min: 1, max: 5 },
      deskParams: { venue: 'bybit' },
    });
  });

  it.each([
    ['dev', 'single-node'],
    ['prod', 'dataflow'],
  ])('takes the file of %s in the repository: %s', (stack, tier) => {
    expect(told(stack, configOfFile(stack))).toMatchObject({ stage: stack, tier, imageTag: null });
  });

  it('asks what a stack of another name is for', () => {
    const config = { 'gcp:project': 'my-project', 'cst:chats': '["1"]' };
    expect(() => told('ada', config)).toThrow('stage: expected dev or prod: pulumi config set cst:stage dev');
    expect(told('ada', { ...config, 'cst:stage': 'dev' }).stage).toBe('dev');
  });
});
