/** Cloud Run: what is always on, and what answers requests. */
import { COLLECTOR, type Service } from '../../pulumi/service.ts';
import { DAYS, SECONDS, type Use } from '../bill.ts';
import { ASSUMED } from '../rates.ts';
import type { Traffic } from '../traffic.ts';

/** An instance is billed in steps of it. Unit: s. */
const STEP_S = 0.1;

export function runUses(services: readonly Service[], traffic: Traffic): Use[] {
  return services
    .filter(({ image }) => image !== 'worker')
    .flatMap((service) => (service.isAlwaysOn ? alwaysOn(service, traffic) : inRequests(service, traffic)));
}

function alwaysOn(service: Service, traffic: Traffic): Use[] {
  const { instances, isPair, about } = service;
  const asked = instancesOf(service, requestsOf(service, traffic) / SECONDS);
  const more = Math.max(0, Math.min(asked, instances.max) - instances.min);
  const why = isPair ? 'a pair, of which one publishes: the other is there when it dies' : about;
  return [
    ...parts(service, 'always on', SECONDS * instances.min * (isPair ? 2 : 1), 'idle', why),
    ...parts(service, 'always on', SECONDS * more, 'symbols', 'pushes for more than the fewest instances'),
  ];
}

function inRequests(service: Service, traffic: Traffic): Use[] {
  const requests = requestsOf(service, traffic);
  const busy = busySeconds(service, requests / SECONDS);
  const idle = Math.max(0, service.instances.min * SECONDS - busy);
  const share = `busy ${Math.round((100 * busy) / SECONDS)} % of the month`;
  const why = service.pushed.length > 0 ? 'pushes, timers' : 'timers, tasks, calls';
  return [
    ...parts(service, 'in requests', busy, 'symbols', share),
    ...parts(service, 'idle', idle, 'idle', 'kept warm, since a cold start is late'),
    {
      sku: 'Cloud Run requests',
      resource: service.name,
      region: service.region,
      grows: 'symbols',
      quantity: requests / 1e6,
      why,
    },
  ];
}

/** A month. */
function requestsOf({ pushed, timers, works, isPublic }: Service, traffic: Traffic): number {
  const pushes = pushed.map(({ topic }) => traffic[topic].messages).reduce((sum, each) => sum + each, 0);
  const ticks = timers.map(({ schedule }) => timesPerDay(schedule)).reduce((sum, each) => sum + each, 0);
  const charts = works.length > 0 ? traffic['trade-signals-micro'].messages : 0;
  return pushes + ticks * DAYS + charts + (isPublic ? ASSUMED.commandsPerDay * DAYS : 0);
}

/**
 * Seconds of a month in which instances are billed. An instance is while any request is there: of `rate` a second that come
 * independently and stay `d` seconds, it is so for a share of 1 - e^(-rate d) of the time (a queue of any number of servers).
 * Beyond one instance it is the CPU that counts.
 */
function busySeconds(service: Service, rate: number): number {
  const seconds: Readonly<Record<string, number>> = ASSUMED.requestSeconds;
  const stay = Math.max(STEP_S, seconds[service.name] ?? 0);
  const share = 1 - Math.exp(-rate * stay);
  return SECONDS * Math.max(share, instancesOf(service, rate));
}

/** By the CPU of so many requests a second: a mean, of whole ones that come and go. */
function instancesOf({ cpu }: Service, rate: number): number {
  return (rate * ASSUMED.cpuSecondsPerRequest) / (Number(cpu) * ASSUMED.cpuTarget);
}

/** Of minutes and hours that are stars, steps of a star, or lists; days are all of them. */
export function timesPerDay(schedule: string): number {
  const [minute = '*', hour = '*'] = schedule.split(' ');
  return timesIn(minute, 60) * timesIn(hour, 24);
}

function timesIn(field: string, all: number): number {
  if (field === '*') return all;
  return field.startsWith('*/') ? Math.ceil(all / Number(field.slice(2))) : field.split(',').length;
}

type Kind = 'always on' | 'in requests' | 'idle';

/** Beside each instance's own container stands the one that collects its metrics. */
function parts(service: Service, kind: Kind, seconds: number, grows: Use['grows'], why: string): Use[] {
  const { name: resource, region, cpu, memory } = service;
  const about = { resource, region, grows, why };
  return [
    { ...about, sku: `Cloud Run CPU, ${kind}`, quantity: seconds * (Number(cpu) + Number(COLLECTOR.cpu)) },
    {
      ...about,
      sku: `Cloud Run memory, ${kind}`,
      quantity: seconds * (gibOf(memory) + gibOf(COLLECTOR.memory)),
    },
  ];
}

/** Of `512Mi` or `4Gi`. */
function gibOf(memory: string): number {
  return Number.parseFloat(memory) / (memory.endsWith('Mi') ? 1_024 : 1);
}
