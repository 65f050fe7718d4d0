import { type Command, InvalidArgumentError, Option } from 'commander';
import { EGRESS_TYPES, type EgressType } from '../../shared/launch-script.ts';
import type { LaunchScriptView } from '../../shared/session-view.ts';
import type { ControlClient } from '../client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { clientOf, JSON_OPTION, wholeNumber } from '../global-options.ts';
import { complainOf, printUnderstood, stepPrinter, warnOfNotices } from '../launch-text.ts';
import { outJson } from '../print.ts';
import { type ScriptOptions, scriptFrom } from '../script-from-options.ts';
import { waitForSession } from '../wait-for-session.ts';

interface Options extends ScriptOptions {
  readonly wait?: boolean;
  readonly json?: boolean;
}

const HELP = `
KEY is the container's name or id, or what its endpoint names by driver-opt=launch=KEY. The container need not be
there yet. FILE may be - for the standard input.
With --json and --wait: one document, {"launch_script": …, "outcome": …}, once the outcome is known.

Examples:
  kasm-sidecar launch web-1 --config provider.conf --wait
  kasm-sidecar launch web-1 --config client.ovpn --username me --password-file secret.txt
  kasm-sidecar launch web-1 --type none
  kasm-sidecar launch web-1 --script launch.json

Exit code 1: the sidecar refused it; with --wait also: the session failed, ended or was not connected in time.`;

/** As the contract has it, where the launch script names none. */
const DEFAULT_DEADLINE_SECONDS = 45;
/** The daemon ends the session's attempt at the deadline itself, with a better reason than we have. */
const GRACE_SECONDS = 5;

function egressType(text: string): EgressType {
  const type = EGRESS_TYPES.find((known) => known === text.toLowerCase());
  if (!type) throw new InvalidArgumentError(`It must be one of ${EGRESS_TYPES.join(', ')}.`);
  return type;
}

async function send(client: ControlClient, key: string, script: unknown, options: Options): Promise<LaunchScriptView> {
  const view = await client.putLaunchScript(key, script);
  warnOfNotices(view);
  if (!options.json) printUnderstood(view);
  return view;
}

async function sendAndWait(client: ControlClient, key: string, script: unknown, options: Options): Promise<ExitCode> {
  const stop = new AbortController();
  try {
    // Before the launch script is sent, so that no change is missed.
    const events = await client.events(stop.signal);
    const view = await send(client, key, script, options);
    const seconds = (view.deadline_seconds ?? DEFAULT_DEADLINE_SECONDS) + GRACE_SECONDS;
    setTimeout(() => stop.abort(), seconds * 1000).unref();
    const outcome = await waitForSession(client, view, events, options.json ? () => {} : stepPrinter());
    if (options.json) outJson({ launch_script: view, outcome: outcome ?? null });
    complainOf(key, outcome, seconds);
    return outcome?.state === 'connected' ? EXIT.fine : EXIT.badNews;
  } finally {
    stop.abort();
  }
}

async function launch(client: ControlClient, key: string, options: Options): Promise<ExitCode> {
  const script = await scriptFrom(options);
  if (options.wait) return sendAndWait(client, key, script, options);
  const view = await send(client, key, script, options);
  if (options.json) outJson({ launch_script: view });
  return EXIT.fine;
}

const scriptOptions = (): Option[] => [
  new Option('--config <file>', "the provider's file: WireGuard, OpenVPN or Custom"),
  new Option('--type <type>', `${EGRESS_TYPES.join(', ')} (default: guessed from the file)`).argParser(egressType),
  new Option('--private-key-file <file>', "WireGuard: the private key, instead of the file's own"),
  new Option('--username <name>', 'OpenVPN: the user'),
  new Option('--password-file <file>', 'OpenVPN: the password'),
  new Option('--dns <ip...>', "resolvers, instead of the file's or the server's"),
  new Option('--allow <cidr...>', 'destinations that are reached directly, past the tunnel'),
  new Option('--session-id <id>', 'subject of the log lines'),
  new Option('--provider <name>', 'for display'),
  new Option('--gateway <name>', 'for display'),
  new Option('--country <name>', 'for display'),
  new Option('--city <name>', 'for display'),
  new Option('--deadline <seconds>', 'until it must be connected').argParser(wholeNumber),
];

export function addLaunch(program: Command): void {
  const described = scriptOptions();
  const command = program
    .command('launch')
    .description("send a launch script: the way out of one container, from a VPN provider's file")
    .argument('<key>', 'which container');
  for (const option of described) command.addOption(option);
  command
    .addOption(
      new Option('--script <file>', 'a whole launch script in JSON, instead of all the options above').conflicts(
        described.map((option) => option.attributeName()),
      ),
    )
    .option('--wait', 'follow the session until it is connected, has failed, or its deadline is over')
    .option(...JSON_OPTION)
    .addHelpText('after', HELP)
    .action(async (key: string, options: Options, self: Command) => {
      process.exitCode = await launch(clientOf(self), key, options);
    });
}
