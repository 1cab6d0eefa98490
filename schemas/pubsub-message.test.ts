import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { expect, it } from 'vitest';
import {
  decodePubsubMessage,
  encodePubsubMessage,
  type PubsubMessage,
  pubsubData,
} from './pubsub-message.ts';

/** The general writer of protobufjs, by the field numbers of pubsub.proto. */
function encodeByLibrary({ data, attributes, messageId, orderingKey }: PubsubMessage): Uint8Array {
  const writer = protobuf.Writer.create();
  if (data.length > 0) writer.uint32(10).bytes(data);
  for (const [key, value] of Object.entries(attributes)) {
    writer.uint32(18).fork().uint32(10).string(key).uint32(18).string(value).ldelim();
  }
  if (messageId) writer.uint32(26).string(messageId);
  if (orderingKey) writer.uint32(42).string(orderingKey);
  return writer.finish();
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ minLength: 120, maxLength: 140 }),
  fc.integer({ min: 16_000, max: 17_000 }).map((length) => 'x'.repeat(length)),
);
const messages = fc.record({
  data: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 60_000, max: 70_000 }).map((length) => new Uint8Array(length).fill(7)),
  ),
  attributes: fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true }),
  messageId: text,
  orderingKey: text,
});

it('writes a message as protobuf does, byte for byte, and reads it back', () => {
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = encodePubsubMessage(message);
      expect(Buffer.compare(bytes, encodeByLibrary(message))).toBe(0);
      const { data, ...rest } = decodePubsubMessage(bytes);
      const { data: expected, ...others } = message;
      expect(Buffer.compare(data, expected)).toBe(0);
      expect(Buffer.compare(pubsubData(bytes), expected)).toBe(0);
      expect(rest).toEqual(others);
    }),
    { seed: 1, numRuns: 300 },
  );
});

it('gives each message bytes of its own', () => {
  const message = { data: Buffer.from('a'), attributes: {}, messageId: '', orderingKey: '' };
  const first = encodePubsubMessage(message);
  encodePubsubMessage({ ...message, data: Buffer.from('b') });
  expect(Buffer.from(decodePubsubMessage(first).data).toString()).toBe('a');
});
