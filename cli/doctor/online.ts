/** Checks of what is outside: the exchange, the bot, the account, the cloud. */
import { systemClock } from '../../connectors/clock/system.ts';
import type { Environment } from '../../connectors/environment.ts';
import { telegramAccess } from '../local-messenger.ts';
import { accountFindings, botFindings, cloudFinding } from './accounts.ts';
import type { Check } from './checks.ts';
import { restFindings, webSocketFinding } from './exchange.ts';
import { type Finding, ok } from './finding.ts';
import { type AllSettings, exchangeOf, needsOf, projectOf } from './needs.ts';
import { hasBrokerKeys } from './secrets.ts';

export function onlineChecks(settings: AllSettings, environment: Environment): Check[] {
  return [
    {
      of: 'REST of the exchange',
      run: () => restFindings(exchangeOf(settings), { clock: systemClock }),
    },
    { of: 'the WebSocket of the exchange', run: () => webSocketFinding(exchangeOf(settings)) },
    { of: 'Telegram', run: () => botCheck(settings, environment) },
    { of: 'the account at Bybit', run: () => accountCheck(settings, environment) },
    { of: 'Google Cloud', run: () => cloudCheck(settings, environment) },
  ];
}

function botCheck(settings: AllSettings, environment: Environment): Promise<Finding[]> | Finding[] {
  const access = telegramAccess(environment, settings.telegram);
  return access === null ? [] : botFindings(access);
}

function accountCheck(settings: AllSettings, environment: Environment): Promise<Finding[]> | Finding[] {
  const needs = needsOf(settings);
  if (!needs.hasAccount && !hasBrokerKeys(environment)) return [];
  return accountFindings(needs, { environment, clock: systemClock });
}

function cloudCheck(settings: AllSettings, environment: Environment): Promise<Finding> | Finding {
  const project = environment.GOOGLE_CLOUD_PROJECT || projectOf(settings);
  if (!project) return ok('cloud', 'no GOOGLE_CLOUD_PROJECT: nothing runs in a cloud');
  return cloudFinding(project, environment.PUBSUB_EMULATOR_HOST || undefined);
}
