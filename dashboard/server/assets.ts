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

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'dashboard/page');
const PACKAGES = join(ROOT, 'node_modules');
const SCRIPT = 'text/javascript; charset=utf-8';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ttf': 'font/ttf',
  '.ts': SCRIPT,
};
/** Tests and what serves them stay at home. */
const NOT_SERVED = /\.(test|fixture)\.ts$/;

/** Modules of packages by the name they are imported by: a file that runs in a browser as it is. */
const MODULES: Readonly<Record<string, string>> = {
  'lightweight-charts': 'lightweight-charts/dist/lightweight-charts.standalone.production.mjs',
  preact: 'preact/dist/preact.mjs',
};
/** Fonts by the name that the page's style has for them. */
const PLEX = '@expo-google-fonts/ibm-plex-sans-condensed';
const FONTS: Readonly<Record<string, string>> = {
  '/fonts/plex-400.ttf': `${PLEX}/400Regular/IBMPlexSansCondensed_400Regular.ttf`,
  '/fonts/plex-600.ttf': `${PLEX}/600SemiBold/IBMPlexSansCondensed_600SemiBold.ttf`,
};
/** Modules of ours that run in a browser as they are; their address is their path. */
const SHARED = ['transforms/indicators/rsi.ts'];
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
  for (const [url, file] of Object.entries(FONTS)) {
    assets.set(url, assetOf('font/ttf', readFileSync(join(PACKAGES, file))));
  }
  for (const path of SHARED) {
    assets.set(`/${path}`, assetOf(SCRIPT, scriptOf(readFileSync(join(ROOT, path), 'utf8'))));
  }
  return assets;
}

/** Types become spaces, so that lines and columns of errors are those of the source. */
function scriptOf(text: string): string {
  return withUrls(quietly(() => stripTypeScriptTypes(text)));
}

/** Node tells whoever starts the program that this function of it may change; that is for us to know. */
function quietly<T>(work: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
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
