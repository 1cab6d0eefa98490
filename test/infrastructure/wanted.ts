/** Whether the tests of `infra/pulumi` are run: its packages are its own, and nobody needs them who does not deploy. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const PACKAGES = resolve(import.meta.dirname, '../../infra/pulumi/node_modules/@pulumi');

/** Where CI is set always: a proof that is left out there would be none. */
export const WANTS_INFRASTRUCTURE = Boolean(process.env.CI) || existsSync(PACKAGES);

export const WHY_NO_INFRASTRUCTURE =
  'No packages in infra/pulumi: its tests are skipped. Install them by: npm ci --prefix infra/pulumi';
