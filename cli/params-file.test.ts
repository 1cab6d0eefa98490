import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../schemas/errors.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { paramsOf } from './params-file.ts';

const given = (allowedDisorderMs: number) => JSON.stringify({ market: { allowedDisorderMs } });
const path = join(mkdtempSync(join(tmpdir(), 'cst-params-')), 'params.json');
writeFileSync(path, given(1));

describe('parameters of a service', () => {
  it('are those of the environment, as the functions have theirs', () => {
    expect(paramsOf(undefined, { CST_PARAMS: given(2) }).market.allowedDisorderMs).toBe(2);
  });

  it('are those of the file, where one is named', () => {
    expect(paramsOf(path, { CST_PARAMS: given(2) }).market.allowedDisorderMs).toBe(1);
  });

  it.each([{}, { CST_PARAMS: '' }])('are the defaults without either: %j', (environment) => {
    expect(paramsOf(undefined, environment)).toEqual(DEFAULT_PARAMS);
  });

  it.each([
    ['{"market":{"disorder":1}}', 'Expected parameters in CST_PARAMS: there is no "market.disorder".'],
    ['hidden', 'Expected CST_PARAMS as JSON'],
  ])('are refused by name: %s', (text, message) => {
    const read = () => paramsOf(undefined, { CST_PARAMS: text });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
    expect(read).not.toThrow('hidden');
  });
});
