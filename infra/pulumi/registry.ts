/** Where the images are: scanned for what is known to be unsafe, and rid of what nobody runs any more. */
import * as gcp from '@pulumi/gcp';
import { KEPT_VERSIONS, REPOSITORY } from './names.ts';
import type { Stack } from './stack.ts';

const OLD_AFTER = `${30 * 86_400}s`;

export function makeRegistry({ config, options }: Stack): gcp.artifactregistry.Repository {
  return new gcp.artifactregistry.Repository(
    REPOSITORY,
    {
      repositoryId: REPOSITORY,
      location: config.region,
      format: 'DOCKER',
      description: 'Images',
      // What was tested under a tag is what runs under it.
      dockerConfig: { immutableTags: true },
      vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' },
      cleanupPolicies: [
        { id: 'keep-newest', action: 'KEEP', mostRecentVersions: { keepCount: KEPT_VERSIONS } },
        { id: 'delete-old', action: 'DELETE', condition: { tagState: 'ANY', olderThan: OLD_AFTER } },
      ],
    },
    options,
  );
}
