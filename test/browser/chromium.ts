/** A Chromium of our own, which needs no root, no system library and no font of the machine: all of it comes from npm. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { ENVIRONMENT } from '../engines/needs.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PACKAGE = join(ROOT, 'node_modules/@sparticuz/chromium');
const CACHE = join(ROOT, 'node_modules/.cache');
/** It unpacks into the folder for temporary files, and takes for whole what another process still writes there. */
const UNPACK = `
import chromium, { inflate } from '@sparticuz/chromium';
await chromium.executablePath();
await inflate('${join(PACKAGE, 'bin/al2023.tar.br')}');`;

/** Starts it; close it in the end. */
export async function launchChromium(): Promise<Browser> {
  const folder = await unpacked();
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: ['--headless=shell', '--no-sandbox', '--font-render-hinting=none', '--enable-precise-memory-info'],
    env: {
      ...(ENVIRONMENT as Record<string, string>),
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_PATH: folder,
    },
  });
}

/** Once for each version; whoever comes second finds it whole. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'));
  const folder = join(CACHE, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  const env = { ...ENVIRONMENT, TMPDIR: staging };
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', UNPACK], { cwd: ROOT, env });
  await writeFile(join(staging, 'fonts.conf'), fontConfig(folder));
  await rename(staging, folder).catch(() => rm(staging, { recursive: true }));
  return folder;
}

/** Without any font of the machine, Chromium draws not even those of the page. */
function fontConfig(folder: string): string {
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>\n`;
}
