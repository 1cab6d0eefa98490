/** Settings of a command: of config files and environment, and over them the files that its flags name. */
import type { SettingsSection } from '../option-kinds.ts';
import { StackConfig } from '../stack-config.ts';
import type { Layer } from './layers.ts';
import { type Resolved, resolved, settingsOf } from './resolve.ts';
import { Settings } from './schema.ts';
import { jsonFile } from './sources.ts';

/** Files that flags name, by the section that each is for. */
export interface SettingsFiles {
  /** Of the command, the strongest last. */
  readonly layers?: readonly Layer[] | undefined;
  readonly params?: string | undefined;
  readonly desk?: string | undefined;
  readonly macro?: string | undefined;
  readonly assumptions?: string | undefined;
  readonly stack?: string | undefined;
}

/** @throws ConfigError naming each setting that is wrong, and the file or variable it is from. */
export function settingsFor({ layers = [], ...files }: SettingsFiles): Resolved<Settings> {
  const { params, desk, macro, assumptions, stack } = files;
  return settingsOf([
    ...layers,
    ...settingsLayer(params, 'signals'),
    ...settingsLayer(desk, 'desk'),
    ...settingsLayer(macro, 'macro'),
    ...settingsLayer(assumptions, 'assumptions'),
    ...settingsLayer(stack, 'stack'),
  ]);
}

/** None where no file is named. @throws ConfigError as above. */
export function settingsLayer(path: string | undefined, section: SettingsSection): Layer[] {
  if (path === undefined) return [];
  const { origin, values } = jsonFile(path);
  const layer = { origin, values: section === 'stack' ? values : { [section]: values } };
  // What is wrong in it is told even where something else is stronger.
  resolved(section === 'stack' ? StackConfig : Settings, [layer]);
  return [layer];
}
