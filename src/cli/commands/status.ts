import type { Command } from 'commander';
import type { SessionView } from '../../shared/session-view.ts';
import { EXIT } from '../exit-codes.ts';
import { clientOf, JSON_OPTION } from '../global-options.ts';
import { out, outJson } from '../print.ts';
import { ageOf, bytesText, colourOf, nameOf, reasonText } from '../session-text.ts';
import { type Cell, renderTable } from '../table.ts';

const HELP = `
Exit code 1: at least one session has failed.`;

const HEADINGS = [
  'CONTAINER',
  'NAMESPACE',
  'EGRESS',
  'STATE',
  'SINCE',
  'PEER',
  'HANDSHAKE',
  'RECEIVED',
  'SENT',
  'REASON',
] as const;

const cell = (text: string | undefined): Cell | undefined => (text === undefined ? undefined : { text });

/** `wireguard/AU-MELBOURNE-31` */
const egressText = ({ role, type, gateway }: SessionView): string | undefined =>
  role === 'proxy' ? 'proxy' : type && [type, gateway?.name].filter(Boolean).join('/');

function rowOf(session: SessionView): (Cell | undefined)[] {
  const { tunnel, state } = session;
  return [
    cell(session.container && nameOf(session)),
    cell(session.namespace),
    cell(egressText(session)),
    { text: state, colour: colourOf(state) },
    cell(ageOf(session.since)),
    cell(tunnel?.peer_address),
    cell(tunnel?.latest_handshake && `${ageOf(tunnel.latest_handshake)} ago`),
    cell(tunnel?.received_bytes === undefined ? undefined : bytesText(tunnel.received_bytes)),
    cell(tunnel?.sent_bytes === undefined ? undefined : bytesText(tunnel.sent_bytes)),
    cell(reasonText(session)),
  ];
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('list the sessions of this host')
    .option(...JSON_OPTION)
    .addHelpText('after', HELP)
    .action(async (options: { json?: boolean }, command: Command) => {
      const sessions = await clientOf(command).sessions();
      if (options.json) outJson({ sessions });
      else if (sessions.length === 0) out('There are no sessions: no container is on a network of this sidecar.');
      else out(renderTable(HEADINGS, sessions.map(rowOf)));
      process.exitCode = sessions.some(({ state }) => state === 'failed') ? EXIT.badNews : EXIT.fine;
    });
}
