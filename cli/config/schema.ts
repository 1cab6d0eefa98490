/** All that a person may set, in sections: what the stages have, and the flags of commands. */
import type { Command, Option } from 'commander';
import { z } from 'zod';
import { BacktestAssumptions } from '../../schemas/backtest-assumptions.ts';
import { SignalParams } from '../../schemas/params.ts';
import { configured } from '../option-kinds.ts';
import { StackConfig } from '../stack-config.ts';

/** Of the stages. */
export const Settings = StackConfig.extend({
  signals: SignalParams.prefault({}),
  assumptions: BacktestAssumptions.prefault({}).describe('What a backtest takes for granted.'),
  telegram: z
    .strictObject({
      chats: z
        .array(z.string().regex(/^-?[1-9]\d{0,19}$/, 'expected the number of a chat, e.g. "-1001234567890"'))
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
/** What is a layer of its own, or of one call alone. */
const NO_SETTINGS = new Set(['config', 'params', 'desk', 'macro', 'assumptions', 'variant', 'json']);
const IN_DASHBOARD = new Set(Object.values(DASHBOARD_KEYS));
const NUMBERS = / <(number|port|seconds|factor|count)>$/;
const LISTS = / <(list|symbols)>$/;

/** Keys of a command's section, by the flags that they stand for. */
export function settableOf(command: Command): Option[] {
  return command.options.filter((option) => {
    const name = option.attributeName();
    return !NO_SETTINGS.has(name) && !IN_DASHBOARD.has(name);
  });
}

/** Of everything; sections of commands are made of their flags. */
export function schemaOf(program: Command) {
  const commands = configured(program);
  const dashboards = commands.flatMap(({ options }) => options);
  const byName = new Map(dashboards.map((option) => [option.attributeName(), option]));
  const dashboard = Object.entries(DASHBOARD_KEYS).flatMap(([key, name]) => {
    const option = byName.get(name);
    return option ? [[key, schemaOfFlag(option)] as const] : [];
  });
  const sections = commands.map((command) => [
    command.name(),
    section(
      settableOf(command).map((option) => [option.attributeName(), schemaOfFlag(option)] as const),
      command,
    ),
  ]);
  return Settings.extend({
    $schema: z.string().optional().describe('For editors.'),
    dashboard: z.strictObject(Object.fromEntries(dashboard)).prefault({}).describe('Dashboard of a stack.'),
    ...Object.fromEntries(sections),
  });
}

function section(entries: readonly (readonly [string, z.ZodType])[], command: Command) {
  return z
    .strictObject(Object.fromEntries(entries))
    .prefault({})
    .describe(`Flags of cst ${command.name()}: ${command.description()}`);
}

function schemaOfFlag(option: Option): z.ZodType {
  return typeOfFlag(option).optional().describe(option.description);
}

function typeOfFlag(option: Option): z.ZodType {
  const { flags, parseArg, argChoices } = option;
  if (!option.required && !option.optional) return z.boolean();
  if (argChoices !== undefined) return z.enum(argChoices);
  if (parseArg !== undefined) return z.array(z.string());
  if (isNumeric(option)) return z.number();
  return LISTS.test(flags) ? z.union([z.string(), z.array(z.string())]) : z.string();
}

export function isNumeric({ flags }: Option): boolean {
  return NUMBERS.test(flags);
}

/** For editors. */
export function jsonSchemaOf(program: Command): object {
  return z.toJSONSchema(schemaOf(program), { io: 'input' });
}
