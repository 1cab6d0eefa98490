import { expect, it } from 'vitest';
import { Opened } from './opened.ts';

it('opens once for all who ask, each key its own', async () => {
  const opened = new Opened<string>();
  const asked: string[] = [];
  const get = (key: string) =>
    opened.get(key, async () => {
      asked.push(key);
      return `bus ${key}`;
    });
  expect(await Promise.all([get('a'), get('a'), get('b')])).toEqual(['bus a', 'bus a', 'bus b']);
  expect(await get('a')).toBe('bus a');
  expect(asked).toEqual(['a', 'b']);
});

it('opens again what could not be opened', async () => {
  const opened = new Opened<string>();
  await expect(opened.get('a', () => Promise.reject(new Error('no way there')))).rejects.toThrow('no way');
  expect(await opened.get('a', async () => 'there')).toBe('there');
});
