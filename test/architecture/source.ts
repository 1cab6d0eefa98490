/** Reads TypeScript sources into what the architecture rules look at: imports, tokens and lines. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { SyntaxKind } from 'typescript/unstable/ast';
import { createScanner } from 'typescript/unstable/ast/scanner';

export interface Token {
  readonly text: string;
  /** 1 = first line. */
  readonly line: number;
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path from the root of the repository where the specifier is relative, else null. */
  readonly file: string | null;
  readonly line: number;
  /** `import type`: nothing is loaded. */
  readonly isType: boolean;
}

export interface Source {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly tokens: readonly Token[];
  readonly imports: readonly Import[];
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist']);

/** Every .ts file of the repository, by path. */
export function readSources(root: string): Source[] {
  const entries = readdirSync(root, { withFileTypes: true });
  const folders = entries.filter(
    (e) => e.isDirectory() && !e.name.startsWith('.') && !SKIPPED_FOLDERS.has(e.name),
  );
  const nested = folders.flatMap((folder) =>
    readdirSync(join(root, folder.name), { recursive: true, encoding: 'utf8' }).map((path) =>
      posix.join(folder.name, path.replaceAll('\\', '/')),
    ),
  );
  return [...entries.filter((e) => e.isFile()).map((e) => e.name), ...nested]
    .filter((path) => path.endsWith('.ts') && !path.split('/').some((part) => SKIPPED_FOLDERS.has(part)))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

export function parseSource(path: string, text: string): Source {
  const tokens = tokenize(text);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return { path, text, lines, tokens, imports: importsOf(path, tokens) };
}

/** Tokens after which `/` divides; after any other it opens a regular expression. */
const ENDS_A_VALUE = new Set([
  SyntaxKind.Identifier,
  SyntaxKind.NumericLiteral,
  SyntaxKind.BigIntLiteral,
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateTail,
  SyntaxKind.RegularExpressionLiteral,
  SyntaxKind.CloseParenToken,
  SyntaxKind.CloseBracketToken,
  SyntaxKind.CloseBraceToken,
  SyntaxKind.ThisKeyword,
  SyntaxKind.SuperKeyword,
]);

/** Tokens without comments. Strings keep their quotes, so a name in a string is never taken for code. */
export function tokenize(text: string): Token[] {
  const scanner = createScanner(true, undefined, text);
  const lineAt = lineCounter(text);
  const tokens: Token[] = [];
  /** Open braces within each open `${`. */
  const templates: number[] = [];
  let previous: SyntaxKind = SyntaxKind.Unknown;
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFile; kind = scanner.scan()) {
    if (
      (kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken) &&
      !ENDS_A_VALUE.has(previous)
    )
      kind = scanner.reScanSlashToken();
    if (kind === SyntaxKind.CloseBraceToken && templates.at(-1) === 0) {
      kind = scanner.reScanTemplateToken(false);
      if (kind === SyntaxKind.TemplateTail) templates.pop();
    } else if (kind === SyntaxKind.TemplateHead) templates.push(0);
    else if (templates.length > 0) countBrace(templates, kind);
    tokens.push({ text: scanner.getTokenText(), line: lineAt(scanner.getTokenStart()) });
    previous = kind;
  }
  return tokens;
}

function countBrace(templates: number[], kind: SyntaxKind): void {
  const top = templates.length - 1;
  if (kind === SyntaxKind.OpenBraceToken) templates[top] = (templates[top] ?? 0) + 1;
  if (kind === SyntaxKind.CloseBraceToken) templates[top] = (templates[top] ?? 0) - 1;
}

/** Line of ever later positions. */
function lineCounter(text: string): (position: number) => number {
  let line = 1;
  let at = 0;
  return (position) => {
    for (; at < position; at++) if (text.charCodeAt(at) === 10) line++;
    return line;
  };
}

/** Static imports and re-exports, `import('…')` of values and of types. */
function importsOf(path: string, tokens: readonly Token[]): Import[] {
  return tokens.flatMap((token, i) => {
    const before = tokens[i - 1]?.text;
    const isImport =
      /^['"]/.test(token.text) &&
      (before === 'from' || before === 'import' || (before === '(' && tokens[i - 2]?.text === 'import'));
    if (!isImport) return [];
    const specifier = token.text.slice(1, -1);
    const file = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null;
    return [{ specifier, file, line: token.line, isType: isTypeOnly(tokens, i) }];
  });
}

/** Whether the statement that ends with this specifier begins with `import type` or `export type`. */
function isTypeOnly(tokens: readonly Token[], at: number): boolean {
  let start = at - 1;
  while (start > 0 && !['import', 'export', ';'].includes(tokens[start]?.text ?? '')) start--;
  return tokens[start + 1]?.text === 'type';
}
