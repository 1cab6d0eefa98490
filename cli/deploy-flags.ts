/** Flags of `cst deploy dataflow`; those of the job itself derive from its options. */
import { z } from 'zod';
import { DataflowOptions, flagOf } from '../pipelines/runners/dataflow/options.ts';
import type { Venue } from '../schemas/primitives.ts';
import type { ConfigFlags } from './option-kinds.ts';

export interface DeployFlags extends ConfigFlags {
  readonly venue: Venue;
  readonly params?: string;
  readonly start?: string;
  readonly history?: string;
  readonly symbols?: readonly string[];
  readonly update?: boolean;
  readonly map?: readonly string[];
  readonly running?: string;
  readonly drain?: boolean;
  readonly dryRun?: boolean;
  readonly out?: string;
  readonly wait: boolean;
  readonly json?: boolean;
}

/** What a JSON schema says of one option. */
export interface OptionSchema {
  readonly type: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly description: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface OptionFlag {
  /** Member of the job's options. */
  readonly option: string;
  /** `--job-name <text>`. */
  readonly flags: string;
  /** Name under which the flag parser keeps it. */
  readonly key: string;
  readonly isRequired: boolean;
  readonly schema: OptionSchema;
}

/** Lists are given one by one: `--label team=quant --label env=prod`. */
const ONE_OF_LIST: Readonly<Record<string, string>> = {
  labels: 'label',
  experiments: 'experiment',
  serviceOptions: 'serviceOption',
};
const WORDS = {
  string: '<text>',
  integer: '<number>',
  boolean: '',
  array: '<text>',
  object: '<key=value>',
} as const;

/** One flag for each option of a job, in their order. */
export function optionFlags(): OptionFlag[] {
  const { properties = {}, required = [] } = z.toJSONSchema(DataflowOptions, { io: 'input' });
  return Object.entries(properties).map(([option, property]) => {
    const schema = property as unknown as OptionSchema;
    const key = ONE_OF_LIST[option] ?? option;
    const word = schema.enum ? `<${schema.enum.join('|')}>` : WORDS[schema.type];
    return {
      option,
      key,
      schema,
      flags: `${flagOf(key)} ${word}`.trim(),
      isRequired: required.includes(option),
    };
  });
}

/** Settings of the job among the flags; checked by the options' schema. */
export function jobSettings(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const { option, key, schema } of optionFlags()) {
    const value = given[key];
    if (value !== undefined)
      settings[option] = schema.type === 'object' ? pairsOf(value as readonly string[]) : value;
  }
  return settings;
}

/** `KEY=VALUE`, split at the first sign; steps' names hold none. */
export function pairsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
