/** Files of settings that every command takes that trades on history. */
import type { Command } from 'commander';
import { settingsOption } from './option-kinds.ts';

export function addRuleFlags(command: Command): Command {
  return command
    .addOption(
      settingsOption(
        '--params <file>',
        'JSON with parameters of graph and strategies that differ from the default',
        'signals',
      ),
    )
    .addOption(
      settingsOption(
        '--desk <file>',
        'JSON with books of the desk; each trades with an equity of its own',
        'desk',
      ),
    )
    .addOption(
      settingsOption(
        '--macro <file>',
        'JSON with parameters of the MACRO engine that differ from the default',
        'macro',
      ),
    )
    .addOption(
      settingsOption(
        '--assumptions <file>',
        'JSON with assumptions that differ from the default',
        'assumptions',
      ),
    );
}
