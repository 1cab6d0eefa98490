/** Shell of the documents. After `sh`, where readers do not see it, a fence says how a test takes the block. */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Every document of the project. */
export const DOCUMENTS: readonly string[] = globSync('**/*.md', {
  cwd: ROOT,
  exclude: (path) => /(^|\/)(node_modules|\.[^/]+)$/.test(path),
}).sort();

/** Why a test cannot follow a block: its words alone are held to the commands that exist. */
const CANNOT = {
  cloud: 'it wants an account of Google Cloud',
  docker: 'it wants Docker, and a registry to push to',
  engines: 'it wants Go or Java: the same commands run in *.engines.test.ts',
  home: 'it changes the home folder: everywhere.test.ts does it in another',
  data: 'it wants months of real trades, and hours',
  ci: '.ci/run does it before all tests, or is it',
} as const;

/** `runs` ends by itself, or is asked to once it has shown what a reader waits for; `stays` goes on in another terminal. */
type How = 'runs' | 'stays' | keyof typeof CANNOT;

export interface ShellBlock {
  readonly how: How;
  readonly text: string;
}

export const canFollow = ({ how }: ShellBlock): boolean => !(how in CANNOT);

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** @throws Error where a fence says what no test understands. */
export function shellOf(path: string): ShellBlock[] {
  return [...read(path).matchAll(/^( *)```(sh|bash|shell|console|zsh)\b *(.*)\n([\s\S]*?)^ *```/gm)].map(
    ([fence, indent, language, how = '', lines = '']) => {
      if (indent !== '' || language !== 'sh' || !['', 'stays', ...Object.keys(CANNOT)].includes(how)) {
        const known = ['stays', ...Object.keys(CANNOT)].join('", "');
        throw new Error(
          `Expected a fence of ${path} as "sh", behind it nothing or "${known}", got: ${fence.split('\n')[0]}`,
        );
      }
      return { how: (how || 'runs') as How, text: lines };
    },
  );
}

/** Lines of all blocks as single commands, continued lines joined. */
export function commandsOf(path: string): string[] {
  return shellOf(path)
    .flatMap(({ text }) => text.replace(/\\\n\s*/g, '').split('\n'))
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/&&|[|;]/))
    .map((line) => line.replace(/^ *(?:[A-Z_]+=(?:\$\([^)]*\)|\S+)(?: +|$))*/, '').trim())
    .filter((line) => line !== '');
}

/** Commands of ours in its sentences, but for patterns of commands. */
export function inlineCommandsOf(path: string): string[] {
  return [
    ...read(path)
      .replace(/^```[\s\S]*?^```/gm, '')
      .matchAll(/`([^`\n]+)`/g),
  ]
    .map(([, code]) => code!.replace(/^(?:[A-Z_]+=\S+ )*/, ''))
    .filter((code) => /^(cst|npx cst|npm|sh) (?!…)[^<|]+$/.test(code))
    .map((code) => code.replace(/[ =]*…$/, ''));
}
