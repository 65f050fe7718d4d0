import { familyOf } from '../../shared/ip.ts';

/**
 * What the host itself needs for all networks together: sessions don't reach the host, nor each other by way of it, and
 * what they may reach is forwarded in spite of Docker's FORWARD policy DROP.
 */
export interface FirewallNetwork {
  readonly bridge: string;
  /** Addresses of the sessions on it that may reach something directly. */
  readonly direct4: readonly string[];
  readonly direct6: readonly string[];
}

export const HOST_TABLE = 'kasm_sidecar';
export const FORWARD_CHAIN = 'KASM-SIDECAR';
const TAG = '-m comment --comment kasm-sidecar';

/**
 * The host's table `inet kasm_sidecar`, for `nft -f`: replaces what was there in one transaction.
 * @param others subnets of Docker's other networks, whose bridges may have any name
 */
export function planHostTable(networks: readonly FirewallNetwork[], others: readonly string[] = []): string {
  const replace = [`table inet ${HOST_TABLE}`, `delete table inet ${HOST_TABLE}`];
  return [...replace, ...(networks.length === 0 ? [] : hostTable(networks, others)), ''].join('\n');
}

const quoted = (names: readonly string[]): string => `{ ${names.map((name) => `"${name}"`).join(', ')} }`;

function hostTable(networks: readonly FirewallNetwork[], others: readonly string[]): string[] {
  const bridges = quoted(networks.map(({ bridge }) => bridge));
  const direct4 = networks.flatMap((network) => network.direct4);
  const direct6 = networks.flatMap((network) => network.direct6);
  return [
    `table inet ${HOST_TABLE} {`,
    '  chain input {',
    '    type filter hook input priority -5; policy accept;',
    `    iifname ${bridges} ct state established,related accept`,
    `    iifname ${bridges} icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept`,
    `    iifname ${bridges} counter drop`,
    '  }',
    '  chain forward {',
    '    type filter hook forward priority -5; policy accept;',
    // Frames between two ports of one bridge come here as well where bridge-nf-call-iptables is on, as Docker sets it.
    ...networks.map(({ bridge }) => `    iifname "${bridge}" oifname "${bridge}" accept`),
    // As Docker keeps its own bridge networks apart.
    `    iifname ${bridges} oifname { "docker0", "docker_gwbridge" } counter drop`,
    `    iifname ${bridges} oifname "br-*" counter drop`,
    `    iifname ${bridges} oifname ${bridges} counter drop`,
    ...others.map(
      (range) => `    iifname ${bridges} ${familyOf(range) === 4 ? 'ip' : 'ip6'} daddr ${range} counter drop`,
    ),
    ...(direct4.length > 0 ? [`    iifname ${bridges} ip saddr { ${direct4.join(', ')} } accept`] : []),
    ...(direct6.length > 0 ? [`    iifname ${bridges} ip6 saddr { ${direct6.join(', ')} } accept`] : []),
    `    iifname ${bridges} counter drop`,
    `    oifname ${bridges} ct state established,related accept`,
    `    oifname ${bridges} counter drop`,
    '  }',
    '  chain source_nat {',
    '    type nat hook postrouting priority 100; policy accept;',
    ...(direct4.length > 0 ? [`    ip saddr { ${direct4.join(', ')} } oifname != ${bridges} masquerade`] : []),
    ...(direct6.length > 0 ? [`    ip6 saddr { ${direct6.join(', ')} } oifname != ${bridges} masquerade`] : []),
    '  }',
    '}',
  ];
}

/**
 * Our own chain in the host's iptables, for `iptables-restore --noflush`: Docker sets FORWARD's policy to DROP, and an
 * `accept` in our table does not overrule a drop in another.
 */
export function planForwardChain(networks: readonly FirewallNetwork[], family: 4 | 6): string {
  const rules = networks.flatMap(({ bridge, direct4, direct6 }) => [
    `-A ${FORWARD_CHAIN} -i ${bridge} -o ${bridge} ${TAG} -j ACCEPT`,
    ...(family === 4 ? direct4 : direct6).map(
      (address) => `-A ${FORWARD_CHAIN} -s ${address} -i ${bridge} ${TAG} -j ACCEPT`,
    ),
    `-A ${FORWARD_CHAIN} -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED ${TAG} -j ACCEPT`,
  ]);
  return ['*filter', `:${FORWARD_CHAIN} - [0:0]`, ...rules, 'COMMIT', ''].join('\n');
}

/**
 * From one text of `planForwardChain` to another, by the rules that differ. All accept, so their order means nothing. The rule
 * that asks for the connection's state is not touched: the kernel makes whoever adds it wait for what others have replaced.
 */
export function planForwardChange(before: string, after: string): string {
  const [old, wanted] = [rulesOf(before), rulesOf(after)];
  const gone = [...old].filter((rule) => !wanted.has(rule)).map((rule) => rule.replace('-A', '-D'));
  const come = [...wanted].filter((rule) => !old.has(rule));
  return ['*filter', ...gone, ...come, 'COMMIT', ''].join('\n');
}

const rulesOf = (chain: string): Set<string> => new Set(chain.split('\n').filter((line) => line.startsWith('-A ')));
