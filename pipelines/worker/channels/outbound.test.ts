import type { Elements, Elements_Data } from 'apache-beam/proto/beam_fn_api';
import { describe, expect, it, vi } from 'vitest';
import { BundleOutput, Outbound } from './outbound.ts';

/** A stream whose messages are taken when the test says so. */
function stream() {
  const written: Elements_Data[] = [];
  const taken: ((error?: Error | null) => void)[] = [];
  const outbound = new Outbound({
    write: ({ data }: Elements, done) => {
      written.push(...data);
      taken.push(done);
    },
  });
  return { outbound, written, taken };
}

const MEGABYTE = new Uint8Array(1 << 20);
const lengths = (data: readonly Elements_Data[]) => data.map((each) => [each.data.length, each.isLast]);

describe('output of a bundle', () => {
  it('goes with the answer as a whole where the runner takes it there', async () => {
    const { outbound, written } = stream();
    const output = new BundleOutput('b', outbound, true);
    await output.send('sink', MEGABYTE);
    await output.send('sink', MEGABYTE);
    output.end('sink');
    expect(lengths(await output.finish())).toEqual([
      [MEGABYTE.length, false],
      [MEGABYTE.length, false],
      [0, true],
    ]);
    expect(written).toEqual([]);
  });

  it('does not end with the answer where some of it went ahead, which the answer could overtake', async () => {
    const { outbound, written, taken } = stream();
    const output = new BundleOutput('b', outbound, true);
    const sent = output.send('sink', new Uint8Array(1 << 28));
    taken[0]!();
    await sent;
    output.end('sink');
    const finished = output.finish();
    taken[1]!();
    expect(await finished).toEqual([]);
    expect(lengths(written)).toEqual([
      [1 << 28, false],
      [0, true],
    ]);
  });

  it('is in the hands of the kernel before the bundle is done', async () => {
    const { outbound, taken } = stream();
    const output = new BundleOutput('b', outbound, false);
    await output.send('sink', new Uint8Array(1));
    output.end('sink');
    const done = vi.fn();
    const finished = output.finish().then(done);
    await new Promise(setImmediate);
    expect(done).not.toHaveBeenCalled();
    taken[0]!();
    await finished;
    expect(done).toHaveBeenCalledWith([]);
  });

  it('fails with the stream, and with what the stream says of a message', async () => {
    const { outbound, taken } = stream();
    const [first, second] = ['a', 'b'].map((id) => new BundleOutput(id, outbound, false));
    const sent = [first!.send('sink', MEGABYTE), second!.send('sink', MEGABYTE)];
    taken[0]!(new Error('too long'));
    await expect(sent[0]).rejects.toThrow('too long');
    outbound.fail(new Error('runner gone'));
    await expect(sent[1]).rejects.toThrow('runner gone');
    await expect(first!.send('sink', MEGABYTE)).rejects.toThrow('runner gone');
  });
});
