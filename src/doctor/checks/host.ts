import { failure, type Judgement, ok, skipped, warning } from '../finding.ts';
import { isSeen, type Observation, type ToolView } from '../observation.ts';
import { type Check, listed } from './check.ts';

export const hostChecks: readonly Check[] = [
  { id: 'kernel', title: 'the kernel has nftables', judge: judgeKernel },
  { id: 'tun', title: '/dev/net/tun', judge: judgeTun },
  { id: 'wireguard', title: 'WireGuard, in the kernel or beside it', judge: judgeWireGuard },
  { id: 'tools', title: 'the programs that the sidecar runs', judge: judgeTools },
  { id: 'namespaces', title: 'the sidecar sees Docker’s namespaces', judge: judgeNamespaces },
  { id: 'iptables', title: 'one kind of iptables', judge: judgeIptables },
  { id: 'bridge-netfilter', title: 'bridge-nf-call-iptables', judge: judgeBridgeNetfilter },
  { id: 'forwarding', title: 'the host forwards IPv4', judge: judgeForwarding },
];

function judgeKernel({ host }: Observation): Judgement {
  if (isSeen(host.nft)) return ok(host.kernel);
  return failure(
    `${host.kernel}; nft can’t list tables: ${host.nft.problem}`,
    'Install nftables (`apt-get install nftables`), and use a kernel with nf_tables.',
  );
}

const hasTool = ({ host }: Observation, name: string): boolean =>
  host.tools.some((tool) => tool.name === name && tool.version !== undefined);

function judgeTun({ host }: Observation): Judgement {
  if (host.tun === 'fine') return ok('it can be opened');
  const seen = host.tun === 'absent' ? 'it is not there' : 'it can’t be opened: the module behind it is missing';
  const affected = host.wireguardModule ? 'OpenVPN can’t work' : 'neither OpenVPN nor wireguard-go can work';
  return failure(
    `${seen}; ${affected}`,
    '`modprobe tun`; in a virtual machine or LXC container, have its host grant the device.',
  );
}

function judgeWireGuard(seen: Observation): Judgement {
  if (seen.host.wireguardModule) return ok('in the kernel');
  if (hasTool(seen, 'wireguard-go')) return ok('none in this kernel; wireguard-go is there, in user space and slower');
  return failure(
    'neither in this kernel nor beside it',
    '`modprobe wireguard` (Linux 5.6 or later), or install wireguard-go.',
  );
}

/** wireguard-go has a check of its own. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  iptables: 'iptables',
  ip6tables: 'iptables',
  'iptables-restore': 'iptables',
  'ip6tables-restore': 'iptables',
  wg: 'wireguard-tools',
  openvpn: 'openvpn',
};
/** Without these one kind of tunnel is missing, and not the rules. */
const FOR_ONE_KIND = ['wireguard-tools', 'openvpn'];

const baseName = (path: string): string => path.split('/').at(-1) ?? path;

function judgeTools({ host, sidecar }: Observation): Judgement {
  const missing = host.tools.flatMap(({ name, version }) => {
    const debian = PACKAGES[baseName(name)];
    return version === undefined && debian ? [{ name, debian }] : [];
  });
  const whose = sidecar.plugin?.enabled ? 'in the plugin: ' : '';
  if (missing.length === 0) {
    const told = host.tools.filter(({ name, version }) => version !== undefined && !name.endsWith('-restore'));
    return ok(`${whose}${listed(told.map(shortVersion))}`);
  }
  const seen = `${whose}missing: ${listed(missing.map(({ name }) => name))}`;
  if (whose) return failure(seen, 'Build the plugin again, or install another version of it.');
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  const isVital = packages.some((name) => !FOR_ONE_KIND.includes(name));
  return (isVital ? failure : warning)(seen, `apt-get install ${packages.join(' ')}`);
}

/** `ip utility, iproute2-6.1.0, libbpf 1.1.0` says more than anybody wants to read. */
const shortVersion = ({ name, version = '' }: ToolView): string =>
  `${baseName(name)} ${/\d+\.\d[\d.]*/.exec(version)?.[0] ?? ''}`.trim();

function judgeNamespaces({ host, sidecar }: Observation): Judgement {
  if (host.namespacesShared === undefined) return failure('there is no /run/docker', 'Install Docker, and start it.');
  if (host.namespacesShared) return ok('/run/docker is a shared mount');
  if (!sidecar.plugin) return ok('/run/docker is a private mount, which a process on the host does not mind');
  return failure(
    '/run/docker is a private mount: the plugin does not see the namespaces of new containers',
    'mount --make-shared /run (systemd does so by itself), then start the plugin again.',
  );
}

function judgeIptables({ host }: Observation): Judgement {
  if (!isSeen(host.iptables))
    return warning('the host has no iptables', 'apt-get install iptables: Docker needs it, too.');
  const version = host.iptables.value.trim();
  if (version.includes('legacy')) {
    return warning(
      `${version}: changes of its rules can’t be heard of, so a flushed lock comes back late`,
      'update-alternatives --set iptables /usr/sbin/iptables-nft (ip6tables too), then restart Docker.',
    );
  }
  if (host.legacyRules.length === 0) return ok(version);
  return warning(
    `${version}, but there are also rules of iptables-legacy, and both count; the first: ${host.legacyRules[0]}`,
    'Find out who made them (`iptables-legacy-save`); what drops there is not seen by iptables.',
  );
}

function judgeBridgeNetfilter({ host }: Observation): Judgement {
  if (host.bridgeNetfilter === '1')
    return ok('1: frames between ports of a bridge meet FORWARD, where our chain accepts them');
  return ok(`${host.bridgeNetfilter ?? 'not there'}: frames between ports of a bridge don’t meet FORWARD`);
}

function judgeForwarding({ host }: Observation): Judgement {
  if (host.ipForward === undefined) return skipped('the kernel does not say');
  if (host.ipForward === '1') return ok('1');
  return warning(
    'net.ipv4.ip_forward is 0: sessions with a tunnel work, those of type none don’t',
    'sysctl -w net.ipv4.ip_forward=1 (Docker does so at its start).',
  );
}
