/** `cst doctor`: its flags. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import { CHECK_NAMES } from '../doctor/finding.ts';
import type { DoctorFlags } from '../doctor/run.ts';
import { folderOption, listOption } from '../option-kinds.ts';
import { wrap } from '../wrap.ts';

const HELP = `
Looks at settings, secrets (judged by what would use them; none is shown), Node, disk, open files, ports, engines, and at what
stacks left in DIR, or do there now: damaged files, files of another version, a stack that was killed, positions that
nobody looks after. With --online also at the exchange (REST, WebSocket, its clock against this one), the bot and its chats,
the API key (asked who it is) and, where GOOGLE_CLOUD_PROJECT names one, Pub/Sub. Nothing is changed, no order is sent.

Each finding says what, why it matters and what to do. Exit code 0: nothing stops work. 4: settings or secrets do. 1: something else does.
With --json: {"ok", "findings": [{"check", "level", "what", "why", "remedy"}]}; level is ok, warning or stop, why and remedy
are null where it is ok, and check is one of
  ${wrap(CHECK_NAMES.join(', '), 100, '  ').join('\n')}

Examples:
  cst doctor
  cst doctor --online --config prod.json
  cst doctor --json | jq '.findings[] | select(.level != "ok")'
`;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('what is wrong here, and what to do about it')
    .description('Checks this machine, its settings and what earlier runs left behind.')
    // Read here, and not before: settings that are wrong are a finding.
    .addOption(listOption('--config <file>', 'JSON with settings (cst config), - is stdin', 'file'))
    .addOption(folderOption('--dir <dir>', 'folder of stacks; default those of the settings, or .cst'))
    .option('--online', 'ask exchange, accounts and cloud, too')
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (flags: DoctorFlags) => (await import('../doctor/run.ts')).runDoctor(program, flags));
}
