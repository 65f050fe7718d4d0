import { type Command, Option } from 'commander';
import type { SessionView } from '../../shared/session-view.ts';
import type { ControlClient } from '../client.ts';
import { EXIT } from '../exit-codes.ts';
import { clientOf, JSON_OPTION } from '../global-options.ts';
import { out, outJson, paint, printable } from '../print.ts';
import { ageOf, bytesText, colourOf, gatewayText, nameOf, reasonText } from '../session-text.ts';
import { renderFields } from '../table.ts';

const HELP = `
KEY is a container's id (or its first 12 digits) or name, a namespace, or a session_id.
Exit code 1: the session has failed, or there is none.`;

interface Options {
  readonly reconnect?: boolean;
  readonly disconnect?: boolean;
  readonly json?: boolean;
}

const trafficText = ({ received_bytes: received, sent_bytes: sent }: NonNullable<SessionView['tunnel']>) =>
  received === undefined && sent === undefined
    ? undefined
    : `${bytesText(received ?? 0)} received, ${bytesText(sent ?? 0)} sent`;

const tunnelFields = (tunnel: NonNullable<SessionView['tunnel']>): [string, string | undefined][] => [
  ['tunnel', `${tunnel.device} (${tunnel.kind}, ${tunnel.implementation})`],
  ['peer', tunnel.peer_address],
  ['handshake', tunnel.latest_handshake && `${tunnel.latest_handshake} (${ageOf(tunnel.latest_handshake)} ago)`],
  ['traffic', trafficText(tunnel)],
  ['process', tunnel.process_id?.toString()],
];

const fieldsOf = (session: SessionView): [string, string | undefined][] => [
  ['since', `${session.since} (${ageOf(session.since)})`],
  ['reason', reasonText(session)],
  ['what to do', session.reason?.remedy],
  ...session.warnings.map((warning): [string, string] => ['warning', warning]),
  ['session_id', session.session_id],
  ['launch script', session.key],
  ['container', session.container?.id],
  ['namespace', session.namespace],
  ['network', session.network],
  ['role', session.role],
  ['egress', session.type],
  ['provider', session.provider],
  ['gateway', gatewayText(session.gateway)],
  ...(session.tunnel ? tunnelFields(session.tunnel) : []),
  ['tunnel addresses', session.tunnel_addresses.join(', ')],
  ['interface', session.interface],
  ['addresses', session.addresses.join(', ')],
  ['dns', session.dns.join(', ')],
  ['files', session.files],
];

const print = (session: SessionView): void => {
  out(`${printable(nameOf(session))} is ${paint(colourOf(session.state), session.state)}`);
  out(renderFields(fieldsOf(session)));
};

function ask(client: ControlClient, key: string, { reconnect, disconnect }: Options): Promise<SessionView> {
  if (reconnect) return client.reconnect(key);
  return disconnect ? client.disconnect(key) : client.session(key);
}

export function addSession(program: Command): void {
  program
    .command('session')
    .description('show everything about one session, or act on it')
    .argument('<key>', 'which session')
    .addOption(new Option('--reconnect', 'try again now').conflicts('disconnect'))
    .addOption(new Option('--disconnect', 'cut the session, and keep it blocked'))
    .option(...JSON_OPTION)
    .addHelpText('after', HELP)
    .action(async (key: string, options: Options, command: Command) => {
      const session = await ask(clientOf(command), key, options);
      if (options.json) outJson(session);
      else print(session);
      process.exitCode = session.state === 'failed' ? EXIT.badNews : EXIT.fine;
    });
}
