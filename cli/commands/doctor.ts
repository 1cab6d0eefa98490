/** `cst doctor`: its flags. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import type { DoctorFlags } from '../doctor/run.ts';

const HELP = `
Looks at Node, settings, disk, open files, ports, secrets (whether they are there and of the right form; none is shown), what
earlier stacks left in DIR, and engines. With --online also at the exchange (REST, WebSocket, its clock against this one) and,
where GOOGLE_CLOUD_PROJECT names one, at Pub/Sub and the credentials for it. Nothing is changed, and no order is sent.

Each finding says what, why it matters and what to do. Exit code 0: nothing stops work. 1: something does.

Examples:
  cst doctor
  cst doctor --online
  cst doctor --json | jq '.findings[] | select(.level != "ok")'
`;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('what is wrong here, and what to do about it')
    .description('Checks this machine, its settings and what earlier runs left behind.')
    .option('--dir <dir>', 'folder of stacks', '.cst')
    .option('--online', 'ask exchange and cloud, too')
    .option('--json', 'one JSON object on stdout instead of text')
    .addHelpText('after', HELP)
    .action(async (flags: DoctorFlags) => (await import('../doctor/run.ts')).runDoctor(program, flags));
}
