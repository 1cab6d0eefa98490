/** `cst`, the command line. */
import { enableCompileCache } from 'node:module';

// Before the first of our own modules: from the second start on they need not be compiled.
enableCompileCache();
const { networkCode } = await import('../connectors/network-code.ts');
const { EXIT, errorLine, exitCodeOf } = await import('./errors.ts');
const { programOf, withSettings } = await import('./program.ts');

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

/** Whoever read the output may leave (`| head`), which is no failure; what a full disk did not take is one. */
function watchOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error) => {
    if (networkCode(error) === 'EPIPE' || process.exitCode === EXIT.error) return;
    process.exitCode = EXIT.error;
    process.stderr.write(`${errorLine(error)}\n`);
  });
}

watchOutput();
await main();
