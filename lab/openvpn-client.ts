import type { Identity } from './openvpn-pki.ts';
import type { ControlChannelKey, SharedKeys } from './openvpn-server.ts';

/** What a provider's .ovpn file may look like. */
export interface OpenVpnClientOptions {
  /** Besides username and password; without a key where that comes with the credential. */
  readonly identity?: Pick<Identity, 'certificate'> & Partial<Identity>;
  /** Default: username and password are asked for. */
  readonly withoutLogin?: boolean;
  /** Instead of the server's own; each `HOST PORT PROTO`. */
  readonly remotes?: readonly string[];
  readonly ca?: string;
  readonly more?: readonly string[];
  readonly crlf?: boolean;
  /** `up`, `down` and `script-security`, as many providers' files have them. */
  readonly hooks?: boolean;
}

export interface ServerFacts {
  readonly server: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
  readonly ca: string;
  readonly key: ControlChannelKey;
  readonly keys: SharedKeys;
}

const block = (name: string, text: string): string[] => [`<${name}>`, text.trimEnd(), `</${name}>`];

/** Text of a provider's file. */
export function renderOpenVpnClient(facts: ServerFacts, options: OpenVpnClientOptions = {}): string {
  const { identity } = options;
  const lines = [
    '# Demo gateway of the lab',
    'client',
    'dev tun',
    `proto ${facts.protocol}`,
    ...(options.remotes ?? [`${facts.server} ${facts.port}`]).map((remote) => `remote ${remote}`),
    'resolv-retry infinite',
    'nobind',
    'persist-key',
    'persist-tun',
    'remote-cert-tls server',
    'cipher AES-256-GCM',
    'verb 3',
    ...(options.withoutLogin ? [] : ['auth-user-pass']),
    ...(options.hooks
      ? ['script-security 2', 'up "/bin/sh -c \'touch /tmp/kasmlab-hook-ran\'"', 'down /etc/openvpn/update-resolv-conf']
      : []),
    ...(options.more ?? []),
    ...block('ca', options.ca ?? facts.ca),
    ...(identity ? block('cert', identity.certificate) : []),
    ...(identity?.privateKey ? block('key', identity.privateKey) : []),
    ...(facts.key === 'tls-auth' ? ['key-direction 1'] : []),
    ...(facts.key === 'none' ? [] : block(facts.key, facts.keys.client)),
    '',
  ];
  return lines.join(options.crlf ? '\r\n' : '\n');
}
