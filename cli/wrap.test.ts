import { expect, it } from 'vitest';
import { wrap } from './wrap.ts';

it('breaks between words, and goes on after one that is longer than a line', () => {
  expect(wrap('last     no signal yet, since /a/very/long/path it is 1', 20, '         ')).toEqual([
    'last     no signal',
    '         yet, since',
    '         /a/very/long/path',
    '         it is 1',
  ]);
  expect(wrap('short', 3)).toEqual(['short']);
});
