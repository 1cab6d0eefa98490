/** Pulumi.yaml and the stacks' files, as Pulumi hands them over. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const read = (file: string) => parse(readFileSync(join(import.meta.dirname, file), 'utf8'));

export function projectFile(): {
  readonly main: string;
  readonly runtime: { readonly options: { readonly typescript: boolean } };
} {
  return read('Pulumi.yaml');
}

/** All but texts are JSON. */
export function configOfFile(stack: string): Record<string, string> {
  const config: Record<string, unknown> = read(`Pulumi.${stack}.yaml`).config;
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
