/** What package.json says of this program. */
import { readFileSync } from 'node:fs';

export function version(): string {
  return packageJson().version;
}

/** The Node that it is made for, and brings. */
export function neededNode(): string {
  return packageJson().dependencies.node;
}

function packageJson(): { readonly version: string; readonly dependencies: { readonly node: string } } {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
}
