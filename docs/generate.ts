/** `npm run generate`: writes the documents that are derived from the schemas. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generatedDocs } from './render.ts';

const ROOT = resolve(import.meta.dirname, '..');

for (const [path, text] of Object.entries(generatedDocs())) {
  writeFileSync(join(ROOT, path), text);
  console.log(`wrote ${path}`);
}
