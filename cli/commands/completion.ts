/** `cst completion`: what a shell completes. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import { choiceArgument } from '../option-kinds.ts';

const HELP = `
Completes commands, flags, their values where there are but a few, files and folders.

Examples:
  cst completion bash >> ~/.bashrc                              then begin a new shell
  cst completion zsh >> ~/.zshrc                                likewise
  cst completion fish > ~/.config/fish/completions/cst.fish
`;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('what a shell completes after cst')
    .description('Prints a completion script for a shell.')
    .addArgument(choiceArgument('<shell>', 'whose script', ['bash', 'zsh', 'fish']))
    .addHelpText('after', HELP)
    .action(async (name: string) => {
      const [{ oneOf }, { levelsOf }, { SHELLS, scriptOf }] = await Promise.all([
        import('../flags.ts'),
        import('../completion/model.ts'),
        import('../completion/shells.ts'),
      ]);
      process.stdout.write(scriptOf(oneOf(name, SHELLS, 'the shell'), levelsOf(program)));
    });
}
