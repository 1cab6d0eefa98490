/** Checks of what is outside: the exchange, the bot, the account, the cloud. */
import { systemClock } from '../../connectors/clock/system.ts';
import type { Environment } from '../config/sources.ts';
import { telegramAccess } from '../local-messenger.ts';
import { accountFindings, botFindings, cloudFinding } from './accounts.ts';
import { restFindings, webSocketFinding } from './exchange.ts';
import { type Finding, ok } from './finding.ts';
import { type AllSettings, exchangeOf, needsOf, projectOf } from './needs.ts';
import { hasBrokerKeys } from './secrets.ts';

type Known = AllSettings | null;

export const restCheck = (settings: Known) => restFindings(exchangeOf(settings), { clock: systemClock });
export const webSocketCheck = (settings: Known) => webSocketFinding(exchangeOf(settings));

export function botCheck(settings: Known, environment: Environment): Promise<Finding[]> | Finding[] {
  const access = telegramAccess(environment, settings?.telegram);
  return access === null ? [] : botFindings(access);
}

export function accountCheck(settings: Known, environment: Environment): Promise<Finding[]> | Finding[] {
  const needs = needsOf(settings);
  if (!needs.hasAccount && !hasBrokerKeys(environment)) return [];
  return accountFindings(needs, { environment, clock: systemClock });
}

export function cloudCheck(settings: Known, environment: Environment): Promise<Finding> | Finding {
  const project = environment.GOOGLE_CLOUD_PROJECT || projectOf(settings);
  if (!project) return ok('cloud', 'no GOOGLE_CLOUD_PROJECT: nothing runs in a cloud');
  return cloudFinding(project, environment.PUBSUB_EMULATOR_HOST || undefined);
}
