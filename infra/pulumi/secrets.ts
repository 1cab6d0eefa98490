/** Places for secrets. Their values never pass through Pulumi: `gcloud secrets versions add NAME --data-file -`. */
import * as gcp from '@pulumi/gcp';
import { SECRETS } from './service.ts';
import type { Stack } from './stack.ts';

/** Those that a service of this stack reads. */
export function makeSecrets({
  services,
  data,
  config,
}: Stack): ReadonlyMap<string, gcp.secretmanager.Secret> {
  const needed = [...new Set(services.flatMap(({ secrets }) => Object.values(secrets)))];
  const replication = { userManaged: { replicas: [{ location: config.region }] } };
  return new Map(
    needed.map((secretId) => [
      secretId,
      new gcp.secretmanager.Secret(
        secretId,
        {
          secretId,
          replication,
          annotations: { about: SECRETS[secretId] },
          deletionProtection: config.keepHistory,
        },
        data,
      ),
    ]),
  );
}
