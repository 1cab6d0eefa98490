/** What changed in the steps that two graphs share, and what it means for an update. */
import { PUBSUB_READ_URN, PUBSUB_WRITE_URN } from '../../pubsub-io.ts';
import { ANEW, type Finding, finding } from './finding.ts';
import type { Collection, Step } from './steps.ts';

/** What changed is told where it begins, not again for every step behind it. */
export function changesOf(
  old: ReadonlyMap<string, Step>,
  target: (name: string) => Step | undefined,
): Finding[] {
  const found = new Map([...old.values()].map((step) => [step.name, changes(step, target(step.name))]));
  return [...found].flatMap(([name, findings]) => {
    const told = old.get(name)!.after.flatMap((before) => found.get(before) ?? []);
    return findings.filter(({ verdict, what }) => {
      return verdict === 'safe' || !told.some((before) => before.what === what);
    });
  });
}

function changes(step: Step, next: Step | undefined): Finding[] {
  if (!next) return [];
  if (step.kind !== next.kind) {
    const what = `was ${step.kind}, is ${next.kind}`;
    return [finding('incompatible', step.name, what, `Give it another name, or: ${ANEW}`)];
  }
  return [...outputChanges(step, next), ...settingsChange(step, next)];
}

function outputChanges(step: Step, next: Step): Finding[] {
  return [...step.outputs].flatMap(([tag, was]) => {
    const is = next.outputs.get(tag);
    if (is) return collectionChanges(step.name, was, is);
    return [finding('incompatible', step.name, `no longer has the output "${tag}"`, ANEW)];
  });
}

function collectionChanges(name: string, was: Collection, is: Collection): Finding[] {
  const told = [
    was.coder === is.coder ? '' : `is encoded otherwise: ${was.coder} → ${is.coder}`,
    was.windowing === is.windowing
      ? ''
      : `is windowed otherwise: ${windowChange(was.windowing, is.windowing)}`,
    was.bounded === is.bounded ? '' : `is now ${is.bounded ? 'bounded' : 'unbounded'}`,
  ];
  return told.filter((what) => what !== '').map((what) => finding('incompatible', name, what, ANEW));
}

/** Only the parts that differ. */
function windowChange(was: string, is: string): string {
  const [before, after] = [was, is].map((text) => JSON.parse(text || '{}') as Record<string, unknown>);
  const names = Object.keys({ ...before, ...after });
  return names
    .map((name) => [name, JSON.stringify(before?.[name]), JSON.stringify(after?.[name])])
    .filter(([, one, other]) => one !== other)
    .map(([name, one, other]) => `${name} ${one} → ${other}`)
    .join(', ');
}

/** Functions and parameters act on what comes; state does not know them. */
function settingsChange(step: Step, next: Step): Finding[] {
  if (step.settings === next.settings) return [];
  if (step.kind === PUBSUB_READ_URN) {
    return [finding('incompatible', step.name, 'reads another subscription or reads it otherwise', ANEW)];
  }
  const what =
    step.kind === PUBSUB_WRITE_URN ? 'writes to another topic' : 'has another function or other parameters';
  return [finding('safe', step.name, what, 'They hold for what is processed after the update.')];
}
