/** What `pulumi up` runs. */

import { makeAll } from './program.ts';
import { readConfig } from './read-config.ts';

export const { images, imageTag, webhook, secrets } = makeAll(readConfig());
