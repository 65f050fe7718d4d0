import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { EgressError } from '../../shared/errors.ts';
import type { WgPeer } from './wg.ts';

/** Peers of a user-space device, by its own socket (wireguard.com/xplatform): what wg(8) would ask, without a process. */
export async function readUapiPeers(socketPath: string): Promise<WgPeer[]> {
  return parseUapiPeers(await ask(socketPath, 'get=1\n'));
}

/** Sets keys and peers as `lines` say. @throws EgressError HOST_COMMAND_FAILED where it refuses them */
export async function configureUapi(socketPath: string, lines: string): Promise<void> {
  const errno = errnoOf(await ask(socketPath, `set=1\n${lines}`));
  if (errno !== '0') throw new EgressError('HOST_COMMAND_FAILED', `configuring a WireGuard device: errno ${errno}`);
}

async function ask(socketPath: string, question: string): Promise<string> {
  const socket = connect(socketPath);
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')));
  socket.end(`${question}\n`);
  return text(socket);
}

const errnoOf = (answer: string): string => /^errno=(.*)$/m.exec(answer)?.[1] ?? 'missing';

/** A device that lives answers at once. */
const ANSWER_MS = 4_000;

/** Secrets stand among the lines, and are passed over. */
export function parseUapiPeers(answer: string): WgPeer[] {
  const errno = errnoOf(answer);
  if (errno !== '0') throw new EgressError('INTERNAL', `reading a WireGuard device: errno ${errno}`);
  const lines = answer.split('\n').map((line) => line.split('=') as [string, string?]);
  const peers: Record<string, string>[] = [];
  for (const [key, value = ''] of lines) {
    if (key === 'public_key') peers.push({});
    const peer = peers.at(-1);
    if (peer) peer[key] = value;
  }
  return peers.map(toPeer);
}

const toPeer = (fields: Record<string, string>): WgPeer => ({
  publicKey: Buffer.from(fields.public_key ?? '', 'hex').toString('base64'),
  endpoint: fields.endpoint,
  latestHandshake: Number(fields.last_handshake_time_sec) || undefined,
  receivedBytes: Number(fields.rx_bytes),
  sentBytes: Number(fields.tx_bytes),
});
