import { LOGIN, type OpenVpnServer, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { putLaunchScript, waitForState } from './control.ts';
import { runContainer, startSession, unique } from './session.ts';
import type { World } from './world.ts';

/** A session of one kind of tunnel, among those of a test that waits for all kinds at once. */
export interface KindSession {
  readonly kind: 'WireGuard' | 'OpenVPN';
  readonly name: string;
  readonly device: 'wg' | 'tun0';
}

export interface KindOptions {
  readonly gateway?: number;
  /** Of the gateway, instead of its address. */
  readonly endpoint?: string;
}

async function startWireGuard({ lab }: World, name: string, { gateway = 1, endpoint }: KindOptions): Promise<void> {
  await startSession(lab, name, { gateway, ...(endpoint === undefined ? {} : { client: { endpoint } }) });
}

export const OPENVPN_PORT = 1300;

const servers: OpenVpnServer[] = [];

/** Else they call clients that are gone, for a minute, and the host answers: in the next file, that is a stranger's packet. */
export async function endServers(): Promise<void> {
  for (const server of servers) await server.signal('SIGKILL');
}

/** As most providers set it up: the server is silent for 10 s at a time, and the client may wait for a minute. */
async function startOpenVpn({ lab }: World, name: string, { gateway = 1, endpoint }: KindOptions): Promise<void> {
  const server = await startOpenVpnServer(lab.names, gateway, { port: OPENVPN_PORT, keepalive: [10, 60] });
  servers.push(server);
  const config = await server.clientConfig(endpoint === undefined ? {} : { remotes: [`${endpoint} ${OPENVPN_PORT}`] });
  await putLaunchScript(name, { version: 1, egress: { type: 'openvpn', config, credential: LOGIN } });
  await runContainer(name);
  await waitForState(name, 'connected');
}

/** A session of each kind, both at once: most of the time these tests wait. */
export async function startBoth(world: World, word: string, options: KindOptions = {}): Promise<KindSession[]> {
  const sessions: KindSession[] = [
    { kind: 'WireGuard', name: unique(word), device: 'wg' },
    { kind: 'OpenVPN', name: unique(word), device: 'tun0' },
  ];
  await each(sessions, ({ kind, name }) =>
    kind === 'WireGuard' ? startWireGuard(world, name, options) : startOpenVpn(world, name, options),
  );
  return sessions;
}

export const each = <T>(sessions: readonly KindSession[], act: (session: KindSession) => Promise<T>): Promise<T[]> =>
  Promise.all(sessions.map(act));

/** Until the first probe has been answered: whoever has never answered one proves nothing by silence. */
export const FIRST_PROBE_MS = 4_000;

export const secondsUntil = async (name: string, state: string, timeoutMs = 60_000): Promise<number> => {
  const began = performance.now();
  await waitForState(name, state, timeoutMs);
  return (performance.now() - began) / 1000;
};

export const show = (seconds: readonly number[]): string => seconds.map((one) => one.toFixed(1)).join(' and ');
