/** `cst init`: its flags. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import type { InitFlags } from '../init/run.ts';
import { pathArgument } from '../option-kinds.ts';

const HELP = `
Writes cst.json with its schema for editors, .env.example that names each secret, .gitignore and README.md with the next steps.
What is there already is kept as it is. Nothing is asked.

Examples:
  cst init
  cst init signals && cd signals && cst start
`;

export function addInit(program: Command): void {
  program
    .command('init')
    .summary('a folder to begin with: settings, secrets, next steps')
    .description('Makes a folder with a config file to begin with. Never overwrites.')
    .addArgument(pathArgument('[dir]', 'folder, made where missing', 'folder').default('.'))
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (dir: string, flags: InitFlags) =>
      (await import('../init/run.ts')).runInit(program, dir, flags),
    );
}
