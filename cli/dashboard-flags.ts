/** Flags of the dashboard, where a stack is started. */
import type { Command } from 'commander';
import { PORTS } from './flags.ts';
import { folderOption, numberOption } from './option-kinds.ts';

export interface DashboardFlags {
  /** False after --no-dashboard. */
  readonly dashboard?: boolean;
  readonly dashboardPort?: number;
  readonly dashboardHost?: string;
  readonly replays?: string;
  readonly open?: boolean;
}

export const DASHBOARD_PORT = 8_484;
export const DASHBOARD_TOKEN = 'CST_DASHBOARD_TOKEN';

export function addDashboardOptions(command: Command): Command {
  return command
    .option('--no-dashboard', 'no dashboard in the browser')
    .addOption(
      numberOption(
        '--dashboard-port <port>',
        `port of the dashboard; default ${DASHBOARD_PORT}, or one that is free`,
        PORTS,
      ),
    )
    .option(
      '--dashboard-host <host>',
      `address of the dashboard; others than this machine need ${DASHBOARD_TOKEN}`,
    )
    .addOption(
      folderOption(
        '--replays <dir>',
        'recordings that the dashboard offers: folders of frames, files of trades',
      ),
    )
    .option('--open', 'open the dashboard in the browser');
}
