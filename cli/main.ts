/** `cst`, the command line. */
import { errorLine, exitCodeOf } from './errors.ts';
import { programOf, withSettings } from './program.ts';

async function main(): Promise<void> {
  const program = withSettings(programOf());
  try {
    if (process.argv.length <= 2) program.outputHelp();
    else await program.parseAsync();
  } catch (thrown) {
    const code = exitCodeOf(thrown);
    if (code !== 0) process.stderr.write(`${errorLine(thrown)}\n`);
    process.exitCode = code;
  }
}

await main();
