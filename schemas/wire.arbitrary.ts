/** Tests' messages: any JSON that a zod schema takes on the wire. */
import fc from 'fast-check';
import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Only what the schema itself accepts, refinements included. */
export function wireOf(schema: z.ZodObject): fc.Arbitrary<Record<string, unknown>> {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return anyOf(json).filter((value) => schema.safeParse(value).success) as fc.Arbitrary<
    Record<string, unknown>
  >;
}

function anyOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map((option) => anyOf(option as JsonSchema)));
  if (Array.isArray(schema.type))
    return fc.oneof(...(schema.type as string[]).map((type) => anyOf({ ...schema, type } as JsonSchema)));
  return typed(schema);
}

function typed(schema: JsonSchema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -1e9, above(schema) ?? -1e9),
        max: Math.min(schema.maximum ?? 1e9, 1e9),
      });
    case 'number':
      return fc.double({
        min: Math.max(schema.minimum ?? -1e12, above(schema) ?? -1e12),
        max: schema.maximum ?? 1e12,
        minExcluded: above(schema) !== undefined,
        noNaN: true,
      });
    case 'string':
      return text(schema);
    case 'array':
      return fc.array(anyOf(schema.items as JsonSchema), { minLength: schema.minItems ?? 0, maxLength: 3 });
    default:
      return object(schema);
  }
}

/** Older drafts of JSON Schema have a flag there. */
function above({ exclusiveMinimum }: JsonSchema): number | undefined {
  return typeof exclusiveMinimum === 'number' ? exclusiveMinimum : undefined;
}

/** To the millisecond, in the years of markets. */
const TIMES = { min: new Date('2009-01-03T00:00:00.000Z'), max: new Date('2100-01-01T00:00:00.000Z') };

function text(schema: JsonSchema): fc.Arbitrary<string> {
  if (schema.format === 'date-time')
    return fc.date({ ...TIMES, noInvalidDate: true }).map((date) => date.toISOString());
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern));
  return fc.string({ minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 12, 12) });
}

function object(schema: JsonSchema): fc.Arbitrary<Record<string, unknown>> {
  if (!schema.properties) {
    const keys = fc.string({ minLength: 1, maxLength: 8 }).filter((key) => key !== '__proto__');
    return fc.dictionary(keys, anyOf(schema.additionalProperties as JsonSchema), { maxKeys: 3 });
  }
  const fields = Object.entries(schema.properties).map(([name, field]) => [name, anyOf(field as JsonSchema)]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] });
}
