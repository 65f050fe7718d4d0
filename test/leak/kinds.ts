import { SITE } from '../../lab/addresses.ts';
import type { Lab } from '../../lab/lab.ts';
import { LOGIN, type OpenVpnServer, startOpenVpnServer } from '../../lab/openvpn-server.ts';
import { launchScript } from '../support/session.ts';

/**
 * The gateway, or somebody who never answers: the site itself, because a client that makes an exception for its server's
 * address lets everything through to that address (TunnelCrack, ServerIP, CVE-2023-36673).
 */
export type Server = 'gateway' | 'site';

/** A kind of tunnel. The suite for WireGuard in the kernel is the same; where the kernel has it, the sidecar uses it. */
export interface Kind {
  readonly name: 'wireguard' | 'openvpn-udp' | 'openvpn-tcp';
  /** Of all its tunnels on the host, as `pkill -f` takes it. */
  readonly processes: string;
  /** A launch script for one session. */
  readonly script: (lab: Lab, server: Server, deadlineSeconds: number) => Promise<object>;
}

const wireguard: Kind = {
  name: 'wireguard',
  processes: 'wireguard-go.*kst',
  script: async (lab, server, deadlineSeconds) => {
    const gateway = lab.gateway(1);
    const client = await gateway.addClient({ ipv6: true });
    const config = server === 'gateway' ? client.text : client.text.replace(gateway.v4, SITE.v4);
    return launchScript(client, { config }, { deadline_seconds: deadlineSeconds });
  },
};

const openvpn = (protocol: 'udp' | 'tcp'): Kind => {
  let running: Promise<OpenVpnServer> | undefined;
  return {
    name: `openvpn-${protocol}`,
    processes: 'openvpn.*--dev kst',
    script: async (lab, server, deadlineSeconds) => {
      running ??= startOpenVpnServer(lab.names, 1, { protocol });
      const { port, clientConfig } = await running;
      const config = await clientConfig(server === 'gateway' ? {} : { remotes: [`${SITE.v4} ${port}`] });
      const egress = { type: 'openvpn', config, credential: LOGIN };
      return { version: 1, egress, deadline_seconds: deadlineSeconds };
    },
  };
};

export const KINDS: readonly Kind[] = [wireguard, openvpn('udp'), openvpn('tcp')];
