/**
 * The page's files: HTML, CSS and pictures as they are, TypeScript without its types, and the modules that it imports by
 * name from their packages. Read, compressed and tagged once; nothing outside the page's folder has a name here.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
  readonly gzipped: Buffer;
}

const PAGE = join(import.meta.dirname, '..', 'page');
const PACKAGES = join(import.meta.dirname, '..', '..', 'node_modules');
const SCRIPT = 'text/javascript; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.ts': SCRIPT,
};
/** Tests and what serves them stay at home. */
const NOT_SERVED = /\.(test|fixture)\.ts$/;

/** Modules of packages by the name they are imported by: a file that runs in a browser as it is. */
const MODULES: Readonly<Record<string, string>> = {
  'lightweight-charts': 'lightweight-charts/dist/lightweight-charts.standalone.production.mjs',
  preact: 'preact/dist/preact.mjs',
  'preact/hooks': 'preact/hooks/dist/hooks.mjs',
};
const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'./][^"'\n]*)\2/g;

/** By path: `/` is the page, `/X` the file X beside it, `/modules/NAME.js` a module of a package. */
export function loadAssets(page = PAGE): ReadonlyMap<string, Asset> {
  const files = readdirSync(page, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const assets = new Map<string, Asset>();
  for (const { parentPath, name } of files) {
    const type = TYPES[extname(name)];
    if (type === undefined || NOT_SERVED.test(name)) continue;
    const path = join(parentPath, name);
    const bytes = readFileSync(path);
    const url = path.slice(page.length).replaceAll('\\', '/');
    assets.set(url, assetOf(type, type === SCRIPT ? scriptOf(bytes.toString()) : bytes));
  }
  const index = assets.get('/index.html');
  if (index) assets.set('/', index);
  for (const [name, file] of Object.entries(MODULES)) {
    const text = readFileSync(join(PACKAGES, file), 'utf8');
    assets.set(moduleUrl(name), assetOf(SCRIPT, withUrls(text)));
  }
  return assets;
}

/** Types become spaces, so that lines and columns of errors are those of the source. */
function scriptOf(text: string): string {
  return withUrls(stripTypeScriptTypes(text));
}

/** A browser knows no packages, and a map of imports would be an inline script, which our policy forbids. */
function withUrls(script: string): string {
  return script.replace(IMPORT, (whole, start: string, quote: string, name: string) =>
    name in MODULES ? `${start}${quote}${moduleUrl(name)}${quote}` : whole,
  );
}

function moduleUrl(name: string): string {
  return `/modules/${name}.js`;
}

function assetOf(type: string, content: string | Buffer): Asset {
  const bytes = Buffer.from(content);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, etag, bytes, gzipped: gzipSync(bytes) };
}
