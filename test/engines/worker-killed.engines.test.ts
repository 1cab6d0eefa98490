import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TWO_DAYS } from './inputs.ts';
import { needEngineHere } from './needs.ts';
import { CASE_LIMIT_MS, differences, runReplay } from './replays.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'killed-'));
/** A worker is killed once it has written so many bytes of output: at the start, in the middle, near the end. */
const KILLED_AT = [1, 1_000_000, 2_500_000];
const LOOK_EVERY_MS = 10;

it(
  'a worker killed in mid-run costs Flink a restart, and the output not a byte',
  async (context) => {
    const words = TWO_DAYS(context);
    await needEngineHere(context, 'flink');
    const [expected, out, temporary] = [newFolder(), newFolder(), newFolder()];
    await runReplay(words, expected);
    const killed: number[] = [];
    const killer = setInterval(() => {
      const from = KILLED_AT[killed.length] ?? Number.POSITIVE_INFINITY;
      const victim = writers(temporary).find(({ pid, bytes }) => {
        return bytes >= from && !killed.includes(pid) && isKilled(pid);
      });
      if (victim) killed.push(victim.pid);
    }, LOOK_EVERY_MS);
    await runReplay([...words, '--runner', 'flink'], out, temporary).finally(() => clearInterval(killer));
    expect(killed).toHaveLength(KILLED_AT.length);
    expect(differences(expected, out)).toEqual([]);
  },
  CASE_LIMIT_MS,
);

/** False where it is gone already: one that Flink has ended with another leaves its file behind. */
function isKilled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** Workers that have written output: each has a file of its own, which begins with its process id. */
function writers(temporary: string): { pid: number; bytes: number }[] {
  const spools = namesIn(temporary, 'cst-flink-').flatMap((engine) => namesIn(engine, 'spool-'));
  return spools.flatMap((spool) =>
    namesIn(spool, '').flatMap((path) => {
      const pid = Number(/\/(\d+)-[^/]*$/.exec(path)?.[1]);
      const found = statSync(path, { throwIfNoEntry: false });
      return pid > 0 && found ? [{ pid, bytes: found.size }] : [];
    }),
  );
}

/** Empty where the folder has gone with its engine. */
function namesIn(folder: string, prefix: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.startsWith(prefix));
    return names.map((name) => join(folder, name));
  } catch {
    return [];
  }
}
