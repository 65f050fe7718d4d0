/** RFC 5737 and RFC 3849: addresses for documents, which lead nowhere. The port is that of `discard`. */
export const TARGETS = { 4: '192.0.2.77', 6: '2001:db8::c0de' } as const;
export const PORT = 9;
/** Of each kind and address family. */
export const COUNT = 3;

export const probeTable = (hostLink: string): string => `kasm_doctor_${hostLink}`;

/**
 * Counts what the probe sends where it comes out of the container, before the guard (priority -500) and behind it. What
 * the guard lets by is dropped here: whatever the probe finds, none of its packets leaves the host by this wire.
 */
export function planProbeTable(hostLink: string): string {
  const name = probeTable(hostLink);
  const chain = (place: string, priority: number, verdict: string) => [
    `  chain ${place} {`,
    `    type filter hook ingress device "${hostLink}" priority ${priority}; policy accept;`,
    `    ip daddr ${TARGETS[4]} udp dport ${PORT} counter name "${place}"${verdict}`,
    `    ip6 daddr ${TARGETS[6]} udp dport ${PORT} counter name "${place}"${verdict}`,
    '  }',
  ];
  return [
    `table netdev ${name}`,
    `delete table netdev ${name}`,
    `table netdev ${name} {`,
    '  counter before { }',
    '  counter behind { }',
    ...chain('before', -510, ''),
    ...chain('behind', -490, ' drop'),
    '}',
    '',
  ].join('\n');
}
