import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../schemas/errors.ts';
import { Batches } from './batches.ts';

/** Acts on a batch when told to; `fails` gives what a batch fails with. */
function batches(fails: (items: readonly string[]) => Error | undefined = () => undefined) {
  const acted: string[][] = [];
  const goes: (() => void)[] = [];
  const under = new Batches<string>(async (items) => {
    acted.push([...items]);
    await new Promise<void>((go) => goes.push(go));
    const error = fails(items);
    if (error) throw error;
  });
  /** All that is waited for, until nothing is. */
  const run = async () => {
    for (let idle = 0; idle < 10; idle++) {
      await null;
      if (goes.length > 0) idle = 0;
      goes.shift()?.();
    }
  };
  return { under, acted, run };
}

describe('Batches', () => {
  it('acts together on what came meanwhile, in its order', async () => {
    const { under, acted, run } = batches();
    const first = under.add('a');
    await null;
    const all = [first, under.add('b'), under.add('c')];
    await run();
    await Promise.all(all);
    expect(acted).toEqual([['a'], ['b', 'c']]);
  });

  it('keeps what can be acted on apart from what cannot', async () => {
    const { under, acted, run } = batches((items) =>
      items.includes('bad') ? new RangeError('bad') : undefined,
    );
    const all = Promise.allSettled(['a', 'bad', 'b'].map((item) => under.add(item)));
    await run();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(acted).toEqual([['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
  });

  it('fails all of a batch where what lies outside fails, and goes on', async () => {
    const { under, acted, run } = batches((items) =>
      items.length > 1 ? new UpstreamError('Expected a store, got none.') : undefined,
    );
    const both = Promise.allSettled([under.add('a'), under.add('b')]);
    await run();
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = under.add('c');
    await run();
    await next;
    expect(acted).toEqual([['a', 'b'], ['c']]);
  });
});
