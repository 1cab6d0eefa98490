/** Where images are, and which of them runs. */
import type { Config, Image } from './config.ts';
import { REPOSITORY } from './names.ts';

/** By its digest where the stack says one, else by the stack's tag; null where nothing is to run yet. */
export function imageOf(image: Image, config: Config): string | null {
  const { imageDigests, imageTag, project, region } = config;
  const name = `${region}-docker.pkg.dev/${project}/${REPOSITORY}/${image}`;
  const digest = imageDigests[image];
  if (digest !== undefined) return `${name}@${digest}`;
  return imageTag === null ? null : `${name}:${imageTag}`;
}
