import { EgressError } from '../../shared/errors.ts';
import type { Run } from './command.ts';

/** A WireGuard device as wg(8) reaches it: its name, and what runs a program where it answers. */
export interface WgDevice {
  readonly name: string;
  readonly run: Run;
}

/** One peer of `wg show NAME dump`, without its secrets. */
export interface WgPeer {
  readonly publicKey: string;
  /** `address:port` of its last packet, or as configured. */
  readonly endpoint: string | undefined;
  /** Seconds since the epoch; undefined: never. */
  readonly latestHandshake: number | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** `file` and not stdin: wg opens /dev/stdin by its path, and Node gives a child a socket there. */
export async function setConfig({ name, run }: WgDevice, file: string): Promise<void> {
  await run(['wg', 'setconf', name, file]);
}

/** A user-space device that lives answers at once; one that hangs must not be waited for. */
const ANSWER_WITHIN_MS = 4_000;

export async function setEndpoint({ name, run }: WgDevice, publicKey: string, endpoint: string): Promise<void> {
  await run(['wg', 'set', name, 'peer', publicKey, 'endpoint', endpoint], { timeoutMs: ANSWER_WITHIN_MS });
}

export async function readPeers({ name, run }: WgDevice): Promise<WgPeer[]> {
  const { stdout } = await run(['wg', 'show', name, 'dump'], { timeoutMs: ANSWER_WITHIN_MS });
  return parseDump(stdout);
}

const PEER_FIELDS = 8;

/** The first line is the device's and holds its private key; each other one is a peer. */
export const parseDump = (text: string): WgPeer[] =>
  text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map(parsePeer);

function parsePeer(line: string): WgPeer {
  const fields = line.split('\t');
  // The line is not shown: it holds the preshared key.
  if (fields.length !== PEER_FIELDS) throw new EgressError('INTERNAL', 'reading wg show dump: unknown form');
  const [publicKey = '', , endpoint, , handshake, received, sent] = fields;
  return {
    publicKey,
    endpoint: endpoint === '(none)' ? undefined : endpoint,
    latestHandshake: Number(handshake) || undefined,
    receivedBytes: Number(received),
    sentBytes: Number(sent),
  };
}
