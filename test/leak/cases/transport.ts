import { isIPv6 } from 'node:net';
import { echo, echo6, PROTOCOL } from '../bytes/build.ts';
import type { Attempt, Case, Group, Mark, Vantage } from '../case.ts';
import { hex, payload } from '../case.ts';

/** RFC 5737, 1918, 3849, 4193. All lead out of the host by its default route. */
const TARGETS = ['203.0.113.80', '10.200.0.1', '192.168.77.7', '2001:db8:113::80', 'fd00:dead::1'];
/** Mullvad's `send_guest_probes`: ports with a meaning, and one without. */
const PORTS = [53, 443, 1337];

const familyOf = (address: string): 4 | 6 => (isIPv6(address) ? 6 : 4);
const WHY = 'facts/vpn-in-namespaces.md 2.3: TCP, UDP and ICMP to public and private addresses';

export const udpTo = (to: string, port: number, { tag }: Mark, options: Partial<Attempt> = {}): Attempt => ({
  op: 'udp',
  family: familyOf(to),
  to,
  port,
  bytes: payload(tag),
  ...options,
});

export const tcpTo = (to: string, port: number, mark: Mark, options: Partial<Attempt> = {}): Attempt => ({
  op: 'tcp',
  family: familyOf(to),
  to,
  port,
  bytes: payload(mark.tag),
  from: { port: mark.port },
  ...options,
});

export function pingTo(to: string, { ip6 }: Vantage, { tag }: Mark, options: Partial<Attempt> = {}): Attempt {
  const data = Buffer.from(payload(tag), 'hex');
  return familyOf(to) === 4
    ? { op: 'raw', family: 4, protocol: PROTOCOL.icmp, to, bytes: hex(echo(data)), ...options }
    : { op: 'raw', family: 6, protocol: PROTOCOL.icmp6, to, bytes: hex(echo6(ip6, to, data)), ...options };
}

const toEverywhere: Case[] = TARGETS.flatMap((to): Case[] => [
  ...PORTS.flatMap((port): Case[] => [
    { name: `UDP to ${to} port ${port}`, why: WHY, seenAt: 'wan', attempts: (_, mark) => [udpTo(to, port, mark)] },
    { name: `TCP to ${to} port ${port}`, why: WHY, seenAt: 'wan', attempts: (_, mark) => [tcpTo(to, port, mark)] },
  ]),
  { name: `ping to ${to}`, why: WHY, seenAt: 'wan', attempts: (at, mark) => [pingTo(to, at, mark)] },
]);

const SITE = '203.0.113.80';

const shapes: Case[] = [
  {
    name: 'cleartext UDP to the VPN server’s own address and port',
    why: 'Mullvad MUL-02-002, "Port Fail"; TunnelCrack ServerIP, CVE-2023-36673: an exception for the server is open to all',
    seenAt: 'wan',
    attempts: (_, mark) => [udpTo('203.0.113.11', 51820, mark)],
  },
  {
    name: 'TCP to the VPN server’s own address',
    why: 'the lock’s documented rows name the server’s address (R60, R63)',
    seenAt: 'wan',
    attempts: (_, mark) => [tcpTo('203.0.113.11', 443, mark)],
  },
  {
    name: 'ping to the VPN server',
    why: 'as above',
    seenAt: 'wan',
    attempts: (at, mark) => [pingTo('203.0.113.11', at, mark)],
  },
  {
    name: 'UDP of 4000 bytes, in fragments',
    why: '2.3 case 18: only the first fragment has ports',
    seenAt: 'wan',
    attempts: (_, mark) => [udpTo(SITE, 1337, mark, { bytes: payload(mark.tag).repeat(225) })],
  },
  {
    name: 'UDP of 60,000 bytes',
    why: '2.3 case 18',
    seenAt: 'wan',
    attempts: (_, mark) => [udpTo(SITE, 1337, mark, { bytes: payload(mark.tag).repeat(3333), count: 1 })],
  },
  {
    name: 'ping without a raw socket',
    why: '2.3 case 17: IPPROTO_ICMP needs no capability where ping_group_range allows it, as Docker does',
    seenAt: 'wan',
    needs: ['Docker’s namespace'],
    attempts: (at, mark) => [
      { ...pingTo(SITE, at, mark), op: 'ping' },
      { ...pingTo('2001:db8:113::80', at, mark), op: 'ping' },
    ],
  },
  {
    name: 'DNS by HTTPS to public resolvers',
    why: '2.2: names by a way that no rule for port 53 sees',
    seenAt: 'wan',
    attempts: (_, mark) => [tcpTo('1.1.1.1', 443, mark), tcpTo('2606:4700:4700::1111', 443, mark)],
  },
  {
    name: 'TCP fast open: data in the SYN',
    why: 'RFC 7413',
    seenAt: 'wan',
    attempts: (_, mark) => [tcpTo(SITE, 443, mark, { op: 'fastopen' })],
  },
  {
    name: 'multipath TCP',
    why: 'RFC 8684: opens subflows by every interface there is',
    seenAt: 'wan',
    attempts: (_, mark) => [tcpTo(SITE, 443, mark, { op: 'mptcp' })],
  },
  {
    name: 'UDP from port 443, as if it answered',
    why: 'rules that know a reply by its port',
    seenAt: 'wan',
    attempts: (_, mark) => [udpTo(SITE, 40000, mark, { from: { port: 443 } })],
  },
  {
    name: 'DoT and QUIC',
    why: 'names by TLS, to the host’s resolver',
    seenAt: 'wan',
    attempts: (_, mark) => [tcpTo('203.0.113.53', 853, mark), udpTo('203.0.113.53', 853, mark), udpTo(SITE, 443, mark)],
  },
];

export const transport: Group = { name: 'transport', cases: [...toEverywhere, ...shapes] };
