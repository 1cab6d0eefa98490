import { expect, it } from 'vitest';
import { ManualClock } from '../../clock/manual.ts';
import type { Clients } from './clients.ts';
import { Settler } from './settler.ts';

/** Answers nothing until told to. */
function open() {
  const clock = new ManualClock(0);
  const asked: (readonly string[])[] = [];
  const answer = Promise.withResolvers<void>();
  const acknowledge = ({ ackIds }: { ackIds: readonly string[] }) => {
    asked.push(ackIds);
    return answer.promise;
  };
  const clients = { subscriber: { acknowledge } } as unknown as Clients;
  const settler = new Settler(clients, clock, 'subscription', () => undefined);
  return { clock, settler, asked, answer };
}

it('closes when the server has answered', async () => {
  const { settler, asked, answer } = open();
  settler.ack(['a', 'b']);
  const closed = settler.close(5_000);
  answer.resolve();
  await closed;
  expect(asked).toEqual([['a', 'b']]);
});

it('closes in time where the server hangs', async () => {
  const { clock, settler, asked } = open();
  settler.ack(['a']);
  let isClosed = false;
  const closed = settler.close(5_000).then(() => {
    isClosed = true;
  });
  await clock.advanceTo(4_999);
  expect(isClosed).toBe(false);
  await clock.advanceTo(5_000);
  await closed;
  expect(asked).toEqual([['a']]);
});
