import { describe, expect, it } from 'vitest';
import { Commits } from './commits.ts';

describe('Commits', () => {
  const settled: string[] = [];
  const settle = (name: string) => () => settled.push(name);

  it('waits for a checkpoint that began after the round was finalized', () => {
    const commits = new Commits();
    // a and b end; a checkpoint is taken; c ends; the checkpoint is complete, and all three are finalized.
    const [a, b, c] = [commits.begin(), commits.begin(), commits.begin()];
    commits.finalized(a, settle('a'));
    commits.finalized(b, settle('b'));
    commits.finalized(c, settle('c'));
    expect(settled).toEqual([]);
    // The next checkpoint holds c, too.
    const d = commits.begin();
    expect(settled).toEqual([]);
    commits.finalized(d, settle('d'));
    expect(settled).toEqual(['a', 'b', 'c']);
  });

  it('does not take a round for later that was under way when another was finalized', () => {
    const commits = new Commits();
    settled.length = 0;
    const a = commits.begin();
    const b = commits.begin();
    commits.finalized(a, settle('a'));
    commits.finalized(b, settle('b'));
    expect(settled).toEqual([]);
    commits.finalized(commits.begin(), settle('c'));
    expect(settled).toEqual(['a', 'b']);
  });
});
