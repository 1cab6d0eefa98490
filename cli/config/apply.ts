/** Brings settings to a command before it runs: its section becomes flags that were not given, the rest its layers. */
import type { Command, Option } from 'commander';
import type { ConfigFlags } from '../option-kinds.ts';
import { keysOf } from './keys.ts';
import { at, type Path } from './layers.ts';
import { resolved } from './resolve.ts';
import { DASHBOARD_KEYS, schemaOf, settableOf } from './schema.ts';
import { type Environment, layersOf } from './sources.ts';

/** @throws ConfigError naming what is wrong, and where. */
export function applyConfig(program: Command, command: Command, environment: Environment): void {
  const schema = schemaOf(program);
  const layers = layersOf(command.opts<ConfigFlags>().config, environment, keysOf(schema));
  const { values } = resolved(schema, layers);
  for (const { option, path } of settableBy(command)) {
    const name = option.attributeName();
    const isOpen = [undefined, 'default'].includes(command.getOptionValueSource(name));
    // Only a whole stack has a dashboard; --bus was set before.
    const isMeant = path[0] !== 'dashboard' || command.getOptionValue('bus') !== 'pubsub';
    const value = at(values, path);
    if (isOpen && isMeant && value !== undefined) {
      command.setOptionValueWithSource(name, wordOf(value, option), 'config');
    }
  }
  command.setOptionValue('layers', layers);
}

/** Flags that a file may have in their stead, and where. */
export function settableBy(command: Command): { readonly option: Option; readonly path: Path }[] {
  const own = settableOf(command).map((option) => ({
    option,
    path: [command.name(), option.attributeName()],
  }));
  const dashboard = Object.entries(DASHBOARD_KEYS).flatMap(([key, name]) => {
    const option = command.options.find((each) => each.attributeName() === name);
    return option ? [{ option, path: ['dashboard', key] }] : [];
  });
  return [...own, ...dashboard];
}

/** As commander has it after it was typed. */
function wordOf(value: unknown, { parseArg }: Option): unknown {
  if (typeof value === 'boolean' || parseArg !== undefined) return value;
  return Array.isArray(value) ? value.join(',') : String(value);
}
