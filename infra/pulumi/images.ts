/** Where images are, and which of them runs. */
import type { Config, Image } from './config.ts';
import { REPOSITORY } from './names.ts';

/** Where they are pushed to. */
export function registryOf({ project, region }: Config): string {
  return `${region}-docker.pkg.dev/${project}/${REPOSITORY}`;
}

/** By its digest where the stack says one, else by the stack's tag; null where nothing is to run yet. */
export function imageOf(image: Image, config: Config): string | null {
  const { imageDigests, imageTag } = config;
  const name = `${registryOf(config)}/${image}`;
  const digest = imageDigests[image];
  if (digest !== undefined) return `${name}@${digest}`;
  return imageTag === null ? null : `${name}:${imageTag}`;
}
