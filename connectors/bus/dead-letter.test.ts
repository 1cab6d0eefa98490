import { expect, it } from 'vitest';
import { ManualClock } from '../clock/manual.ts';
import { deadLetterOf } from './dead-letter.ts';
import { openEmbeddedBus } from './embedded.ts';
import { pullAll } from './fixture.ts';

it('fits into a message, whatever is refused, and says what was left out', async () => {
  const bus = await openEmbeddedBus({ dir: null, clock: new ManualClock(0) });
  const letters = await bus.subscribe('dead-letters', 'test');
  const refused = { attributes: {}, messageId: 'm', publishTimeMs: 1, data: Buffer.alloc(10_000_000, 'x') };
  await bus.publish('dead-letters', [deadLetterOf('stage', refused, new Error('Too long.'))]);
  const [letter] = await pullAll(letters, 1);
  const { reason, bytes } = JSON.parse(Buffer.from(letter!.data).toString());
  expect(reason).toBe('Too long. The first 4000000 of 10000000 bytes are kept.');
  expect(Buffer.from(bytes, 'base64')).toHaveLength(4_000_000);
  await bus.close();
});
