import { afterAll, afterEach, beforeAll } from 'vitest';
import type { OpenVpnClientOptions } from '../../lab/openvpn-client.ts';
import { LOGIN, type OpenVpnServer, type OpenVpnServerOptions, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { putLaunchScript, waitForState } from './control.ts';
import { docker } from './docker.ts';
import { DRIVER, NETWORK, runContainer, unique } from './session.ts';
import { useWorld, type World } from './world.ts';

export interface Wanted {
  readonly client?: OpenVpnClientOptions;
  readonly credential?: object;
  readonly deadline?: number;
}

export interface OpenVpnWorld extends World {
  /** A new server at gateway 1; it ends with the file. */
  serve(options?: OpenVpnServerOptions): Promise<OpenVpnServer>;
  launchScript(server: OpenVpnServer, wanted?: Wanted): Promise<object>;
  /** A container with an OpenVPN tunnel to `server`. */
  start(server: OpenVpnServer, wanted?: Wanted): Promise<string>;
  startConnected(server: OpenVpnServer, wanted?: Wanted): Promise<string>;
}

/** Sidecar, lab, network, and as many OpenVPN servers as tests want. `firstPort`: no two files share servers. */
export function useOpenVpn(firstPort: number): OpenVpnWorld {
  const world = useWorld();
  const servers: OpenVpnServer[] = [];
  let port = firstPort;
  beforeAll(async () => {
    await docker('network', 'create', '-d', DRIVER, NETWORK);
  });
  afterEach(async () => {
    const containers = (await docker('ps', '-aq')).split('\n').filter(Boolean);
    if (containers.length > 0) await docker('rm', '-f', ...containers);
  });
  afterAll(async () => {
    for (const server of servers) await server.signal('SIGKILL');
  });
  const serve = async (options: OpenVpnServerOptions = {}): Promise<OpenVpnServer> => {
    const server = await startOpenVpnServer(world.lab.names, 1, { port: port++, ...options });
    servers.push(server);
    return server;
  };
  const start = async (server: OpenVpnServer, wanted: Wanted = {}): Promise<string> => {
    const name = unique('ovpn');
    await putLaunchScript(name, await openVpnScript(server, wanted));
    await runContainer(name);
    return name;
  };
  const startConnected = async (server: OpenVpnServer, wanted: Wanted = {}): Promise<string> => {
    const name = await start(server, wanted);
    await waitForState(name, 'connected');
    return name;
  };
  return {
    sidecar: world.sidecar,
    get lab() {
      return world.lab;
    },
    serve,
    launchScript: openVpnScript,
    start,
    startConnected,
  };
}

const openVpnScript = async (
  server: OpenVpnServer,
  { client = {}, credential = LOGIN, deadline = 15 }: Wanted = {},
) => ({
  version: 1,
  egress: {
    type: 'openvpn',
    provider: 'Lab',
    config: await server.clientConfig(client),
    ...(Object.keys(credential).length > 0 ? { credential } : {}),
  },
  deadline_seconds: deadline,
});
