/** The functions, each a service of one image; see infra/functions/README.md. */
import { CloudRunService, type Platform } from './cloud-run.ts';
import { imageOf } from './images.ts';

/** Those that run, by name. */
export function makeFunctions(platform: Platform): ReadonlyMap<string, CloudRunService> {
  const { config, services } = platform.stack;
  const image = imageOf('functions', config);
  if (image === null) return new Map();
  const functions = services.filter((service) => service.image === 'functions');
  return new Map(
    functions.map((service) => [service.name, new CloudRunService(service.name, image, service, platform)]),
  );
}
