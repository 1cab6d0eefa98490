import { expect, it } from 'vitest';
import { networkCode } from './network-code.ts';

const coded = (code: unknown, options?: ErrorOptions) => Object.assign(new Error('', options), { code });

it('finds the code in what fetch and tries of several addresses throw', () => {
  const refused = new AggregateError([new Error('no code'), coded('ECONNREFUSED')]);
  expect(networkCode(new TypeError('fetch failed', { cause: refused }))).toBe('ECONNREFUSED');
  expect(networkCode(coded(23))).toBeUndefined();
  expect(networkCode('text')).toBeUndefined();
});

it('goes on to the cause where a code is not wanted', () => {
  const error = coded('UND_ERR', { cause: coded('ENOTFOUND') });
  expect([networkCode(error), networkCode(error, (code) => code.startsWith('E'))]).toEqual([
    'UND_ERR',
    'ENOTFOUND',
  ]);
});
