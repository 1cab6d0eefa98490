/** What every family of resources is given. */
import * as gcp from '@pulumi/gcp';
import type { CustomResourceOptions, Output } from '@pulumi/pulumi';
import type { Config } from './config.ts';
import type { Service } from './service.ts';
import { servicesOf } from './services.ts';

/** Signs the requests of one kind of caller: subscriptions, timers, queues. */
export const CALLERS = {
  push: 'Signs the requests of push subscriptions',
  timer: 'Signs the requests of Scheduler',
  tasks: 'Signs the requests of Cloud Tasks',
} as const;
export type Caller = keyof typeof CALLERS;

export interface Stack {
  readonly config: Config;
  readonly services: readonly Service[];
  /** Of every resource: the project, its labels, and that the project's APIs are there. */
  readonly options: CustomResourceOptions;
  /** Of what holds data: the same, and that it outlives the stack by choice. */
  readonly data: CustomResourceOptions;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the project; addresses and Google's own accounts have it in them. */
  readonly projectNumber: Output<string>;
}

export function labelsOf({ labels, stage }: Config): Record<string, string> {
  return { app: 'cst', stage, ...labels };
}

/** `apis`: what must be there before anything else is made. */
export function openStack(config: Config, apis: readonly gcp.projects.Service[]): Stack {
  const { project, region, keepHistory } = config;
  const labels = labelsOf(config);
  const provider = new gcp.Provider(
    'google',
    { project, region, defaultLabels: labels, userProjectOverride: true, billingProject: project },
    { dependsOn: [...apis] },
  );
  const options = { provider };
  const { number } = gcp.organizations.getProjectOutput({ projectId: project }, options);
  return {
    config,
    labels,
    options,
    projectNumber: number,
    services: servicesOf(config),
    data: { ...options, retainOnDelete: keepHistory },
  };
}

/** E-mail of one of this project's own accounts. */
export function emailOf(account: string, { project }: Config): string {
  return `${account}@${project}.iam.gserviceaccount.com`;
}

/** Address of a service, known before it is there. */
export function addressOf({ name, region }: Service, { projectNumber }: Stack): Output<string> {
  return projectNumber.apply((number) => `https://${name}-${number}.${region}.run.app`);
}

/** Who calls a service, beside the world. */
export function callersOf({ pushed, timers, works }: Service): readonly Caller[] {
  return [
    ...(pushed.length > 0 ? (['push'] as const) : []),
    ...(timers.length > 0 ? (['timer'] as const) : []),
    ...(works.length > 0 ? (['tasks'] as const) : []),
  ];
}
