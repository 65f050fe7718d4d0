import { bridgeName, DEFAULT_BRIDGE, DEFAULT_NETWORK } from '../../shared/names.ts';
import type { NetworkReport } from '../../sidecar/docker/engine-report.ts';
import { HOST_TABLE } from '../../sidecar/plan/host-firewall.ts';
import type { NetworkView } from '../observation.ts';
import type { HostLinks } from './links.ts';
import type { Look } from './look.ts';

const DEFAULT_PROXY = 'kasm_proxy';

export async function observeNetworks(
  networks: readonly NetworkReport[],
  links: HostLinks,
  look: Look,
): Promise<NetworkView[]> {
  if (networks.length === 0) return [];
  const [table, forward4, forward6] = await Promise.all([
    look(['nft', 'list', 'table', 'inet', HOST_TABLE]),
    look(['iptables', '--wait', '5', '-S']),
    look(['ip6tables', '--wait', '5', '-S']),
  ]);
  return networks.map((network) => {
    const bridge = bridgeOf(network);
    const proxy = network.options.proxy ?? DEFAULT_PROXY;
    return { ...network, bridge, bridgeIsUp: links.get(bridge)?.isUp, proxy, table, forward4, forward6 };
  });
}

const bridgeOf = ({ id, name, options }: NetworkReport): string =>
  options.bridge ?? (name === DEFAULT_NETWORK ? DEFAULT_BRIDGE : bridgeName(id));
