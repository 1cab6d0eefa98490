/** Process entry for tests: the SDK's worker, or ours, knowing the steps of the tests. */
import '../../transforms/sdk.beam.ts';
import './steps.fixture.ts';
import { Worker } from 'apache-beam/worker/worker';
import { stopHooks } from './stop-hooks.ts';

const [kind, controlUrl] = process.argv.slice(2);
if (kind === 'stock') {
  await new Worker('w', { controlUrl: controlUrl! }).wait();
} else {
  if (process.argv.includes('--gives-back')) {
    stopHooks.add(async () => void process.stderr.write('gave back\n'));
  }
  await import('./main.ts');
}
