import { expect, it } from 'vitest';
import { PASSING_CODES, pubSubError } from './errors.ts';

it('sorts every code of gRPC', () => {
  expect(PASSING_CODES).toEqual([1, 2, 4, 8, 10, 13, 14, 15]);
  for (let code = 1; code <= 16; code++) {
    const error = pubSubError({ code, details: 'why' }, 'do it');
    expect(error.message).toMatch(/^Expected Pub\/Sub to do it, got [A-Z_]+: why\. .+\.$/);
    expect(error.isRetryable).toBe(PASSING_CODES.includes(code));
  }
});

it('says how to give credentials where there are none', () => {
  const error = pubSubError(new Error('Could not load the default credentials. Browse to …'), 'publish');
  expect(error).toMatchObject({ name: 'ConfigError' });
  expect(error.message).toContain('gcloud auth application-default login');
});

it('keeps tokens to itself', () => {
  const error = pubSubError(
    { code: 16, details: 'bad header Bearer abc.def and ya29.secret-token' },
    'publish',
  );
  expect(error.message).not.toMatch(/abc\.def|secret-token/);
});
