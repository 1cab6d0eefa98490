/** The record in a message of JSON. */
import { z } from 'zod';
import { messageOf, WireFormatError } from '../../schemas/errors.ts';

export interface JsonRecord<S extends z.ZodType> {
  /** As it came: ISO times, fields the schema does not know. */
  readonly wire: Readonly<Record<string, unknown>>;
  /** As the program has it. */
  readonly record: z.output<S>;
}

/** @throws WireFormatError saying what is wrong with the message. */
export function jsonRecord<S extends z.ZodObject>(schema: S, data: Uint8Array): JsonRecord<S> {
  const wire = parseJson(data);
  const { success, error, data: record } = schema.safeParse(wire);
  if (success) return { wire: wire as JsonRecord<S>['wire'], record };
  throw new WireFormatError(`Expected a record of its topic's schema, got: ${z.prettifyError(error)}`);
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch (cause) {
    throw new WireFormatError(`Expected JSON in UTF-8, got ${data.length} bytes: ${messageOf(cause)}.`, {
      cause,
    });
  }
}
