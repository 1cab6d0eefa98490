import { describe, expect, it } from 'vitest';
import { runProgram } from './engine.fixture.ts';
import { configOfFile, projectFile } from './stack-files.fixture.ts';

const { main, runtime } = projectFile();
const { typescript } = runtime.options;
const run = (stack: string, more: Record<string, string> = {}) =>
  runProgram({ main, typescript, stack, config: { ...configOfFile(stack), ...more } });

describe.concurrent('Pulumi’s own runtime runs the program', () => {
  it('of the stack prod as it is in the repository', async () => {
    const { status, said, resources, outputs } = await run('prod');
    expect(said).toBe('');
    expect(status).toBe(0);
    expect(resources).toContain('gcp:pubsub/topic:Topic trade-signals-micro');
    expect(resources.length).toBe(new Set(resources).size);
    expect(outputs).toMatchObject({
      images: 'asia-southeast1-docker.pkg.dev/my-project/cst',
      imageTag: '',
      webhook: 'https://telegram-webhook-123456789012.asia-southeast1.run.app',
      secrets: ['telegram-token', 'telegram-webhook-secret'],
    });
  });

  it('which makes nothing where a setting is wrong, and says what to do', async () => {
    const { status, said, resources } = await run('dev', { 'cst:tier': 'cheap' });
    expect(said).toContain('Settings of the stack: tier: ');
    expect([status === 0, resources]).toEqual([false, []]);
  });
});
