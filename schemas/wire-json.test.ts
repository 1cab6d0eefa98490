import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvariantError } from './errors.ts';
import { EventTime } from './primitives.ts';
import { TOPICS } from './topics.ts';
import { wireJson } from './wire-json.ts';

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
/** Of any size and sign that the schema allows, zero and the limits of doubles among them. */
function numbersOf(schema: z.ZodNumber): fc.Arbitrary<number> {
  const [min, max] = [schema.minValue ?? -1e300, schema.maxValue ?? 1e300];
  const isAllowed = (value: number) => schema.safeParse(value).success;
  const edges = [0, -0, 1e21, 1e-7, 0.1 + 0.2, 2 ** 53 - 1, Number.MIN_VALUE, Number.MAX_VALUE];
  const usual = schema.isInt
    ? fc.maxSafeNat()
    : fc.double({ min: Math.max(min, -1e300), max: Math.min(max, 1e300), noNaN: true });
  return fc.oneof(usual, fc.constantFrom(...edges.filter(isAllowed), 1)).filter(isAllowed);
}

/** Values in the program's form, nearly all within the limits of the schema. */
function valuesOf(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  if (schema instanceof z.ZodObject) return fc.record(fieldsOf(schema), { noNullPrototype: true });
  if (schema instanceof z.ZodNullable) return fc.option(valuesOf(schema.unwrap()));
  if (schema instanceof z.ZodOptional) return fc.option(valuesOf(schema.unwrap()), { nil: undefined });
  if (schema instanceof z.ZodArray) return fc.array(valuesOf(schema.element), { maxLength: 4 });
  if (schema instanceof z.ZodRecord) return fc.dictionary(text, valuesOf(schema.valueType));
  if (schema instanceof z.ZodUnion) return fc.oneof(...schema.options.map(valuesOf));
  if (schema instanceof z.ZodNull) return fc.constant(null);
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodLiteral) return fc.constantFrom(...schema.values);
  if (schema instanceof z.ZodNumber) return numbersOf(schema);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodCodec) return fc.integer({ min: 0, max: 4e12 });
  return text;
}

function fieldsOf(schema: z.ZodObject): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(
    Object.entries(schema.shape)
      .map(([name, field]) => [name, valuesOf(field)] as const)
      .reverse(),
  );
}

describe('wireJson', () => {
  it.each(Object.entries(TOPICS))('writes records of %s as zod does, byte for byte', (_, { schema }) => {
    let compared = 0;
    fc.assert(
      fc.property(valuesOf(schema), (record) => {
        const expected = z.safeEncode(schema, record as never);
        if (!expected.success) return;
        compared += 1;
        expect(wireJson(schema, record as object)).toBe(JSON.stringify(expected.data));
      }),
      { seed: 1, numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(150);
  });

  const Small = z.object({
    at: EventTime,
    size: z.number(),
    note: z.string().optional(),
    nested: z.object({ b: z.boolean(), a: z.boolean() }).nullable(),
  });

  it('takes fields in the order of the schema, and only those', () => {
    const record = { nested: { a: true, b: false, c: 1 }, size: -0, other: 1, at: 0 };
    expect(wireJson(Small, record)).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","size":0,"nested":{"b":false,"a":true}}',
    );
    expect(wireJson(Small, { ...record, note: 'ü"', nested: null })).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","size":0,"note":"ü\\"","nested":null}',
    );
    expect(wireJson(z.object({ a: z.string().optional() }), {})).toBe('{}');
  });

  it('refuses what JSON cannot hold', () => {
    const record = { at: 0, size: 1, nested: null };
    expect(() => wireJson(Small, { ...record, size: Number.NaN })).toThrow(InvariantError);
    expect(() => wireJson(Small, { at: 0, nested: null })).toThrow('"size"');
    expect(() => wireJson(Small, { ...record, at: Number.NaN })).toThrow(RangeError);
  });
});
