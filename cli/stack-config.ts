/** What a person may set of the functions behind the graph: desk and its books, its account, MACRO engine, notifier. */
import { z } from 'zod';
import { NotifierSettings } from '../functions/telegram-notifier/settings.ts';
import { DeskConfig } from '../schemas/desk-params.ts';
import { MacroParams } from '../schemas/macro-params.ts';

export const StackConfig = z.strictObject({
  desk: DeskConfig.prefault({}),
  macro: MacroParams.prefault({}),
  /** Chats come from the environment, beside the token. */
  notifier: NotifierSettings.omit({ chats: true }).prefault({}),
  /** As connectors/broker/config.ts has it, which never repeats a value: it may be a key that went astray. */
  broker: z.record(z.string(), z.unknown()).prefault({}),
});
export type StackConfig = z.output<typeof StackConfig>;

export const DEFAULT_STACK_CONFIG: StackConfig = StackConfig.parse({});
