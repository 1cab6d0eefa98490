/** The Bigtable client, on Google's endpoint or on a server without authentication. */
import { Bigtable } from '@google-cloud/bigtable';
import { PassThroughClient } from 'google-auth-library';
import { ConfigError } from '../../../schemas/errors.ts';

/** `endpoint` (`host:port`) is an emulator's; undefined is Google's, with the default credentials. */
export function openClient(project: string, endpoint?: string, appProfileId?: string): Bigtable {
  if (endpoint !== undefined && !/^[^:/]+:\d+$/.test(endpoint)) {
    throw new ConfigError(`Expected an endpoint as host:port, got "${endpoint}".`);
  }
  const local = endpoint === undefined ? {} : { apiEndpoint: endpoint, authClient: new PassThroughClient() };
  const options: Record<string, unknown> = {
    projectId: project,
    // They would be sent to Cloud Monitoring by a client of their own.
    metricsEnabled: false,
    ...(appProfileId === undefined ? {} : { appProfileId }),
    ...local,
  };
  return new Bigtable(options);
}
