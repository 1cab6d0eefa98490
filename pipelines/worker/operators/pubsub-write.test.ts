import { expect, it } from 'vitest';
import type { MessageBus, OutgoingMessage } from '../../../connectors/bus/port.ts';
import { encodePubsubMessage } from '../../../schemas/pubsub-message.ts';
import { PublishOperator } from './pubsub-write.ts';

function busOf(publish: MessageBus['publish']): () => Promise<MessageBus> {
  const none = () => Promise.reject(new Error('not asked for'));
  return async () => ({ publish, subscribe: none, close: none });
}

const bytes = (n: number) => {
  const data = new Uint8Array([n]);
  return encodePubsubMessage({ data, attributes: { id: `${n}`, ts: '1' }, messageId: '', orderingKey: 'k' });
};
const element = (value: unknown) => ({ value }) as Parameters<PublishOperator['process']>[0];

it('lets the bundle end when the bus has taken all of it, in order', async () => {
  const published: OutgoingMessage[] = [];
  const taken = Promise.withResolvers<void>();
  const operator = new PublishOperator(
    'write',
    busOf(async (topic, messages) => {
      expect(topic).toBe('market-candles');
      published.push(...messages);
      await taken.promise;
    }),
    'market-candles',
  );
  await operator.startBundle();
  expect(operator.process(element(bytes(1)))).toBeNull();
  expect(operator.process(element(bytes(2)))).toBeNull();
  let isOver = false;
  const finishing = operator.finishBundle().then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  expect([published.map(({ attributes }) => attributes.id), isOver]).toEqual([['1', '2'], false]);
  taken.resolve();
  await finishing;
  expect(published[0]).toMatchObject({ orderingKey: 'k', attributes: { id: '1', ts: '1' } });
});

it('fails the bundle where the bus refuses', async () => {
  const operator = new PublishOperator(
    'write',
    busOf(() => Promise.reject(new Error('no such topic'))),
    'market-candles',
  );
  await operator.startBundle();
  void operator.process(element(bytes(1)));
  await expect(operator.finishBundle()).rejects.toThrow('no such topic');
});

it('fails the bundle where there is no bus, and asks again for the next', async () => {
  const published: OutgoingMessage[] = [];
  const buses = [
    () => Promise.reject(new Error('no way there')),
    busOf(async (_topic, messages) => void published.push(...messages)),
  ];
  const operator = new PublishOperator('write', () => buses.shift()!(), 'market-candles');
  await operator.startBundle();
  void operator.process(element(bytes(1)));
  await expect(operator.finishBundle()).rejects.toThrow('no way there');
  await operator.startBundle();
  void operator.process(element(bytes(1)));
  await operator.finishBundle();
  expect(published.map(({ attributes }) => attributes.id)).toEqual(['1']);
});

it('refuses what is no message', () => {
  const operator = new PublishOperator(
    'write',
    busOf(async () => undefined),
    'market-candles',
  );
  expect(() => operator.process(element('text'))).toThrow('Expected the bytes of a PubsubMessage');
});
