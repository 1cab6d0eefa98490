/** All that a person may set, in sections: what the stages have, and the flags of commands. */
import type { Command, Option } from 'commander';
import { z } from 'zod';
import { BacktestAssumptions } from '../../schemas/backtest-assumptions.ts';
import { ChatNumber } from '../../schemas/chat-number.ts';
import { messageOf } from '../../schemas/errors.ts';
import { SignalParams } from '../../schemas/params.ts';
import { symbolsOf } from '../flags.ts';
import { configured, isSettable, kindOf, verbOf } from '../option-kinds.ts';
import { StackConfig } from '../stack-config.ts';

/** Of the stages. */
export const Settings = StackConfig.extend({
  signals: SignalParams.prefault({}),
  assumptions: BacktestAssumptions.prefault({}).describe('What a backtest takes for granted.'),
  telegram: z
    .strictObject({
      chats: z
        .array(ChatNumber)
        .min(1)
        .optional()
        .describe('Chats that are told; without CST_TELEGRAM_CHATS. The token is a secret, and no setting.'),
      api: z.url().optional().describe("Bot API server of one's own."),
    })
    .prefault({}),
});
export type Settings = z.output<typeof Settings>;

/** Flags of the dashboard are a section of their own, since two commands have them. */
export const DASHBOARD_KEYS: Readonly<Record<string, string>> = {
  enabled: 'dashboard',
  port: 'dashboardPort',
  host: 'dashboardHost',
  replays: 'replays',
  open: 'open',
};
const IN_DASHBOARD = new Set(Object.values(DASHBOARD_KEYS));

/** Keys of a command's section, by the flags that they stand for. */
export function settableOf(command: Command): Option[] {
  return command.options.filter((option) => isSettable(option) && !IN_DASHBOARD.has(option.attributeName()));
}

/** Of its flags: named after the verb, `deploy` for `deploy dataflow`. */
export function sectionOf(command: Command): string {
  return verbOf(command).split(' ')[0]!;
}

/** Of everything; sections of commands are made of their flags. */
export function schemaOf(program: Command) {
  const commands = configured(program);
  const byName = new Map(
    commands.flatMap(({ options }) => options).map((option) => [option.attributeName(), option]),
  );
  const dashboard = Object.entries(DASHBOARD_KEYS).flatMap(([key, name]) => {
    const option = byName.get(name);
    return option ? [[key, schemaOfFlag(option)] as const] : [];
  });
  const sections = commands
    .filter((command) => settableOf(command).length > 0)
    .map((command) => [sectionOf(command), sectionSchema(command)] as const);
  return Settings.extend({
    $schema: z.string().optional().describe('For editors.'),
    dashboard: z.strictObject(Object.fromEntries(dashboard)).prefault({}).describe('Dashboard of a stack.'),
    ...Object.fromEntries(sections),
  });
}

function sectionSchema(command: Command) {
  const flags = settableOf(command).map((option) => [option.attributeName(), schemaOfFlag(option)] as const);
  return z
    .strictObject(Object.fromEntries(flags))
    .prefault({})
    .describe(`Flags of cst ${verbOf(command)}: ${command.description()}`);
}

function schemaOfFlag(option: Option): z.ZodType {
  return typeOfFlag(option).optional().describe(option.description);
}

function typeOfFlag(option: Option): z.ZodType {
  const kind = kindOf(option);
  if (kind.type === 'flag') return z.boolean();
  if (kind.type === 'choice') return z.enum(kind.choices);
  if (kind.type === 'number') return (kind.isWhole ? z.int() : z.number()).min(kind.min).max(kind.max);
  if (kind.type === 'many') return z.array(z.string());
  if (kind.type === 'file' || kind.type === 'folder') return z.string().regex(/\S/, 'expected a path');
  return kind.type === 'symbols' ? Symbols : z.string();
}

/** A list, or its names separated by commas. */
const Symbols = z.union([z.string(), z.array(z.string())]).transform((given, context) => {
  try {
    return symbolsOf(typeof given === 'string' ? given : given.join(','), 'symbols');
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error), input: null });
    return z.NEVER;
  }
});

/** For editors. */
export function jsonSchemaOf(program: Command): object {
  return z.toJSONSchema(schemaOf(program), { io: 'input' });
}
