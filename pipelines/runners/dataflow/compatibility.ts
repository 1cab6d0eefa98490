/**
 * Whether a graph may replace a running one (`--update`) without losing a window: the service hands state and buffered
 * elements over by step name, and reads them with the new graph's encodings and windows.
 */
import type { Pipeline } from 'apache-beam/proto/beam_runner_api';
import { PUBSUB_READ_URN, PUBSUB_WRITE_URN } from '../../pubsub-io.ts';
import { changesOf } from './changes.ts';
import { imageOf } from './environment.ts';
import { ANEW, type Finding, finding, type Verdict } from './finding.ts';
import { type Step, stepsOf } from './steps.ts';

const GROUP_URN = 'beam:transform:group_by_key:v1';

/**
 * What differs, the worst first; nothing where the graphs are the same.
 * @param mapping Old step name → new one, as `--map` gives it.
 */
export function compareGraphs(
  running: Pipeline,
  next: Pipeline,
  mapping: Readonly<Record<string, string>> = {},
): Finding[] {
  const old = stepsOf(running);
  const now = stepsOf(next);
  const target = (name: string) => now.get(mapping[name] ?? name);
  const taken = new Set([...old.keys()].map((name) => mapping[name] ?? name));
  const added = [...now.values()].filter(({ name }) => !taken.has(name));
  const gone = [...old.values()].filter(({ name }) => !target(name));
  const unclaimed = [...added];
  const isRenamed = sameness(old, now);
  const findings = [
    ...faultsOfMapping(mapping, old, now),
    ...gone.map((step) => goneFinding(step, unclaimed, isRenamed)),
    ...unclaimed.map(addedFinding),
    ...changesOf(old, target),
    ...imageChange(running, next),
  ];
  return findings.sort((a, b) => RANK[a.verdict] - RANK[b.verdict]);
}

const RANK: Record<Verdict, number> = { incompatible: 0, 'needs mapping': 1, safe: 2 };

function faultsOfMapping(
  mapping: Readonly<Record<string, string>>,
  old: ReadonlyMap<string, Step>,
  now: ReadonlyMap<string, Step>,
): Finding[] {
  return Object.entries(mapping).flatMap(([from, to]) => {
    const remedy = `Correct or leave out --map "${from}=${to}".`;
    if (!old.has(from))
      return [finding('incompatible', from, 'the mapping names a step the running job lacks', remedy)];
    if (!now.has(to))
      return [finding('incompatible', from, `the mapping leads to "${to}", which is no step`, remedy)];
    if (from === to || !old.has(to) || mapping[to] !== undefined) return [];
    const what = `the mapping leads to "${to}", which the running job has itself`;
    return [finding('incompatible', from, what, remedy)];
  });
}

/** A step of the same kind, settings and outputs under a new name is taken for the same step; it leaves `unclaimed`. */
function goneFinding(step: Step, unclaimed: Step[], isRenamed: (was: Step, is: Step) => boolean): Finding {
  const at = unclaimed.findIndex((candidate) => isRenamed(step, candidate));
  if (at >= 0) {
    const [renamed] = unclaimed.splice(at, 1);
    return finding(
      'needs mapping',
      step.name,
      `is now "${renamed!.name}"`,
      `Add --map "${step.name}=${renamed!.name}".`,
    );
  }
  if (step.kind === GROUP_URN) {
    const what = 'is gone, and with it the windows it holds';
    return finding(
      'incompatible',
      step.name,
      what,
      `${ANEW} If it was renamed: --map "${step.name}=NEW NAME".`,
    );
  }
  if (step.kind === PUBSUB_READ_URN) {
    return finding('incompatible', step.name, 'no longer reads, and what it has taken in is lost', ANEW);
  }
  return finding(
    'safe',
    step.name,
    'is gone; it holds nothing',
    'Elements on their way to it are lost to it alone.',
  );
}

/** Steps of one kind, with the same settings and outputs, after the same steps of those that both graphs have. */
function sameness(old: ReadonlyMap<string, Step>, now: ReadonlyMap<string, Step>) {
  const anchors = (step: Step, graph: ReadonlyMap<string, Step>): string[] =>
    step.after.flatMap((name) => {
      const before = graph.get(name);
      return !before || (old.has(name) && now.has(name)) ? [name] : anchors(before, graph);
    });
  return (was: Step, is: Step): boolean =>
    was.kind === is.kind &&
    was.settings === is.settings &&
    sameOutputs(was, is) &&
    anchors(was, old).sort().join('\n') === anchors(is, now).sort().join('\n');
}

function sameOutputs(a: Step, b: Step): boolean {
  return JSON.stringify([...a.outputs]) === JSON.stringify([...b.outputs]);
}

function addedFinding(step: Step): Finding {
  if (step.kind === GROUP_URN) {
    const remedy = `Windows are whole once they have begun after the update. Where that takes too long: ${ANEW}`;
    return finding('safe', step.name, 'is new and begins with empty windows', remedy);
  }
  if (step.kind === PUBSUB_READ_URN) {
    return finding(
      'safe',
      step.name,
      'is a new input',
      'Its subscription must exist, and its watermark holds all others.',
    );
  }
  if (step.kind === PUBSUB_WRITE_URN) {
    return finding(
      'safe',
      step.name,
      'is a new output',
      'Its topic must exist; it gets what is made after the update.',
    );
  }
  return finding('safe', step.name, 'is new', '');
}

function imageChange(running: Pipeline, next: Pipeline): Finding[] {
  const was = imageOf(running);
  const is = imageOf(next);
  if (was === is) return [];
  const what = `the workers' image changes: ${was} → ${is}`;
  return [finding('safe', '', what, 'Its functions must know elements as the old ones wrote them.')];
}
