/** Where the dashboard is served, and to whom: from its flags and the environment. */
import type { Environment } from '../connectors/environment.ts';
import { secretOf } from '../connectors/secret.ts';
import { Access, isLoopback } from '../dashboard/server/security.ts';
import { ConfigError } from '../schemas/errors.ts';
import { DASHBOARD_PORT, type DashboardFlags, DASHBOARD_TOKEN as TOKEN } from './dashboard-flags.ts';

export interface DashboardAddress {
  readonly host: string;
  readonly port: number;
  /** Nobody named a port, so another one does as well. */
  readonly isPortFlexible: boolean;
  readonly access: Access;
  /** A browser is to be opened. */
  readonly isOpened: boolean;
  /** Folder of recordings, where one was named. */
  readonly replays: string | undefined;
}

/** Null where none is wanted. @throws ConfigError before anything has begun. */
export function dashboardAddressOf(flags: DashboardFlags, environment: Environment): DashboardAddress | null {
  if (flags.dashboard === false) return null;
  const host = flags.dashboardHost ?? '127.0.0.1';
  const access = new Access(secretOf(environment, TOKEN) ?? null);
  if (!isLoopback(host) && !access.isNeeded) {
    throw new ConfigError(`Expected ${TOKEN} (or ${TOKEN}_FILE) with --dashboard-host ${host}, got neither.`);
  }
  const { dashboardPort: port } = flags;
  return {
    host,
    access,
    isPortFlexible: port === undefined,
    isOpened: flags.open === true,
    port: port ?? DASHBOARD_PORT,
    replays: flags.replays,
  };
}
