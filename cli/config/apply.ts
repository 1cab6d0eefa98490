/** Brings settings to a command before it runs: its section becomes flags that were not given, the rest its layers. */
import type { Command, Option } from 'commander';
import type { Environment } from '../../connectors/environment.ts';
import { type ConfigFlags, isSettable } from '../option-kinds.ts';
import { at, type Path } from './layers.ts';
import { resolved } from './resolve.ts';
import { DASHBOARD_KEYS, schemaOf, sectionOf, settableOf } from './schema.ts';
import { layersOf } from './sources.ts';

/** A flag that a file may have in its stead, and where. */
interface Settable {
  readonly option: Option;
  readonly path: Path;
}

/** @throws ConfigError naming what is wrong, and where. */
export function applyConfig(program: Command, command: Command, environment: Environment): void {
  const schema = schemaOf(program);
  const layers = layersOf(command.opts<ConfigFlags>().config, environment, schema);
  const { values } = resolved(schema, layers);
  const { own, dashboard } = settableBy(command);
  take(command, own, values);
  // Only a whole stack has a dashboard, and which bus there is has just been settled.
  if (command.getOptionValue('bus') !== 'pubsub') take(command, dashboard, values);
  command.setOptionValue('layers', layers);
}

export function settableBy(command: Command): {
  readonly own: readonly Settable[];
  readonly dashboard: readonly Settable[];
} {
  const own = settableOf(command).map((option) => ({
    option,
    path: [sectionOf(command), option.attributeName()],
  }));
  const dashboard = Object.entries(DASHBOARD_KEYS).flatMap(([key, name]) => {
    const option = command.options.find((each) => each.attributeName() === name && isSettable(each));
    return option ? [{ option, path: ['dashboard', key] }] : [];
  });
  return { own, dashboard };
}

/** What was not typed. */
function take(command: Command, settable: readonly Settable[], values: unknown): void {
  for (const { option, path } of settable) {
    const name = option.attributeName();
    const isOpen = [undefined, 'default'].includes(command.getOptionValueSource(name));
    const value = at(values, path);
    if (isOpen && value !== undefined) command.setOptionValueWithSource(name, value, 'config');
  }
}
