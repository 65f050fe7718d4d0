import type { ContainerView, InsideView, NetworkView, Observation } from '../../../src/doctor/observation.ts';
import { planLock } from '../../../src/sidecar/plan/lock.ts';
import { aWire } from '../../support/wires.ts';
import { aSession } from '../control/doubles.ts';

const BRIDGE = 'br_kasm_sidecar';
const NETWORK_ID = 'f00d';
const NOW = Date.parse('2026-11-21T12:00:00');

/** As nft(8) 1.0.6 lists it. */
export const aGuard = (link: string) => `table netdev kasm_sidecar {
	chain from_${link} {
		type filter hook ingress device "${link}" priority -500; policy drop;
		ether saddr != 02:42:ac:14:00:03 drop
		arp saddr ether 02:42:ac:14:00:03 arp saddr ip 172.20.0.3 arp daddr ip 172.20.0.2 accept
		ip saddr 172.20.0.3 ether daddr 02:42:ac:14:00:02 ip daddr 172.20.0.2 tcp dport 443 accept
		counter packets 7 bytes 420 drop
	}
}
`;

const HOST_TABLE = `table inet kasm_sidecar {
	chain input {
		type filter hook input priority filter - 5; policy accept;
		iifname "${BRIDGE}" ct state established,related accept
		iifname "${BRIDGE}" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		iifname "${BRIDGE}" counter packets 0 bytes 0 drop
	}

	chain forward {
		type filter hook forward priority filter - 5; policy accept;
		iifname "${BRIDGE}" oifname "${BRIDGE}" accept
		iifname "${BRIDGE}" oifname { "docker0", "docker_gwbridge" } counter packets 0 bytes 0 drop
		iifname "${BRIDGE}" counter packets 0 bytes 0 drop
		oifname "${BRIDGE}" ct state established,related accept
		oifname "${BRIDGE}" counter packets 0 bytes 0 drop
	}
}
`;

const FORWARD = `-P FORWARD DROP
-N KASM-SIDECAR
-A FORWARD -j DOCKER-USER
-A FORWARD -j KASM-SIDECAR
-A KASM-SIDECAR -i ${BRIDGE} -o ${BRIDGE} -m comment --comment kasm-sidecar -j ACCEPT
`;

export const aNetwork: NetworkView = {
  id: NETWORK_ID,
  name: 'kasm_sidecar_network',
  driver: 'kasm-sidecar',
  internal: false,
  options: {},
  subnets: ['172.20.0.0/16'],
  bridge: BRIDGE,
  bridgeIsUp: true,
  proxy: 'kasm_proxy',
  table: { value: HOST_TABLE },
  forward4: { value: FORWARD },
  forward6: { value: FORWARD },
};

/** What is loaded is what `iptables-save` shows, but for the prefix of single addresses and the name of one ICMP type. */
const saved = (text: string) =>
  text.replaceAll(/ (-[sd]) (\d+\.\d+\.\d+\.\d+) /g, ' $1 $2/32 ').replaceAll('fragmentation-needed', '3/4');
const lock = planLock({
  wires: [aWire],
  passage: { kind: 'session', direct: ['10.20.0.0/16'] },
  servers: ['203.0.113.7'],
  announces: true,
});

export const insideOf = {
  path: '/var/run/docker/netns/b8a8cbe7c027',
  links: [
    { name: 'lo', isUp: true, addresses: ['127.0.0.1/8'] },
    { name: 'k-p-1389f0', isUp: true, addresses: ['172.20.0.3/16'] },
    { name: 'wg', isUp: true, addresses: ['10.64.0.2/32'] },
  ],
  routes: [
    'default via 172.20.0.1 dev k-p-1389f0',
    '172.20.0.0/16 dev k-p-1389f0 proto kernel scope link src 172.20.0.3',
  ],
  rules: ['0:	from all lookup local', '101:	from all lookup 51820', '32766:	from all lookup main'],
  tunnelRoutes: ['default dev wg scope link', 'unreachable default metric 4294967295'],
  lock4: { value: saved(lock.v4) },
  lock6: { value: lock.v6 },
} satisfies InsideView;

export const theSession: ContainerView = {
  id: '505c32d766d9'.padEnd(64, '0'),
  name: 'web-1',
  role: 'session',
  session: aSession(),
  wires: [
    {
      hostLink: 'ksh0123456789',
      bridge: BRIDGE,
      end: { isUp: true, master: BRIDGE },
      guard: { value: aGuard('ksh0123456789') },
    },
  ],
  inside: { value: insideOf },
  apiHost: 'proxy',
  hosts: { value: '127.0.0.1\tlocalhost\n172.20.0.2\tproxy\n172.20.0.3\t505c32d766d9\n' },
  proxyAddress: '172.20.0.2',
  config: { path: '/var/run/kasm-sidecar/b8a8cbe7c027/wg/wg.conf', mode: { value: 0o600 } },
};

export const theProxy: ContainerView = {
  ...theSession,
  id: 'beef'.padEnd(64, '0'),
  name: 'kasm_proxy',
  role: 'proxy',
  session: aSession({ role: 'proxy', namespace: 'beefbeefbeef', session_id: undefined }),
  inside: {
    value: { ...insideOf, links: [{ name: 'k-p-p-44e890', isUp: true, addresses: ['172.20.0.2/16'] }] },
  },
};

const onNetwork = (id: string, name: string, ipv4: string) => ({
  id,
  name,
  running: true,
  endpoints: [{ networkId: NETWORK_ID, endpointId: 'e', ipv4 }],
});

/** A host of which there is nothing to say. */
export const healthy = {
  now: NOW,
  isRoot: true,
  host: {
    kernel: '6.1.0',
    tun: 'fine',
    wireguardModule: true,
    tools: ['ip', 'nft', 'iptables', 'ip6tables', 'iptables-restore', 'ip6tables-restore', 'wg', 'openvpn'].map(
      (name) => ({
        name,
        version: `${name} v1.2.3`,
      }),
    ),
    nft: { value: '' },
    iptables: { value: 'iptables v1.8.9 (nf_tables)\n' },
    legacyRules: [],
    bridgeNetfilter: '1',
    ipForward: '1',
    namespacesShared: true,
    folders: [{ path: '/var/run/kasm-sidecar', freeBytes: 2 ** 30, freeFiles: 100_000, isReadOnly: false }],
    logs: [{ path: '/var/log/kasm-sidecar/network_sidecar.log', state: 'fine' }],
    newestFile: NOW - 5_000,
  },
  engine: {
    value: {
      version: '26.1.5+dfsg1',
      liveRestore: false,
      plugins: [],
      networks: [aNetwork],
      containers: [onNetwork(theSession.id, 'web-1', '172.20.0.3'), onNetwork(theProxy.id, 'kasm_proxy', '172.20.0.2')],
    },
  },
  sidecar: {
    plugin: undefined,
    pid: 4711,
    capabilities: 0x1ffffffffffn,
    driverSocket: '/run/docker/plugins/kasm-sidecar.sock',
    driverAnswer: { value: '{"Scope":"local"}' },
    ownVersion: '0.1.0',
    version: { value: '0.1.0' },
    health: { value: [{ name: 'engine', ok: true }] },
    log: { value: ['2026-11-21 11:59:00 | INFO | web-1 | connecting → connected [b8a8cbe7c027]'] },
  },
  networks: [aNetwork],
  containers: [theSession, theProxy],
} as const satisfies Observation;
