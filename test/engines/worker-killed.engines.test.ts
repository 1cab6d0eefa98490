import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TWO_DAYS } from './inputs.ts';
import { needEngineHere } from './needs.ts';
import { differences, runReplay, startReplay } from './replays.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'killed-'));
/** A worker is killed once it has written so many bytes of output: at the start, in the middle, near the end. */
const KILLED_AT = [1, 1_000_000, 2_500_000];
const LOOK_EVERY_MS = 10;

it('a worker killed in mid-run costs Flink a restart, and the output not a byte', async (context) => {
  const words = TWO_DAYS(context);
  await needEngineHere(context, 'flink');
  const [expected, out, temporary] = [newFolder(), newFolder(), newFolder()];
  await runReplay(words, expected);
  const { summary } = startReplay([...words, '--runner', 'flink'], out, temporary);
  const killed: number[] = [];
  const killer = setInterval(() => {
    const victim = writers(temporary).find(({ pid, bytes }) => {
      return !killed.includes(pid) && bytes >= (KILLED_AT[killed.length] ?? Number.POSITIVE_INFINITY);
    });
    if (!victim) return;
    process.kill(victim.pid, 'SIGKILL');
    killed.push(victim.pid);
  }, LOOK_EVERY_MS);
  await summary.finally(() => clearInterval(killer));
  expect(killed).toHaveLength(KILLED_AT.length);
  expect(differences(expected, out)).toEqual([]);
});

/** Workers that have written output: each has a file of its own, which begins with its process id. */
function writers(folder: string): { pid: number; bytes: number }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    const pid = Number(/(?:^|\/)spool-[^/]*\/(\d+)-[^/]*$/.exec(path)?.[1]);
    const found = statSync(join(folder, path), { throwIfNoEntry: false });
    return pid > 0 && found ? [{ pid, bytes: found.size }] : [];
  });
}
