import { dnsQuery, ipv4, PROTOCOL, udp, withLength } from '../bytes/build.ts';
import type { Attempt, Case, Group, Mark } from '../case.ts';
import { hex } from '../case.ts';
import { written } from './raw.ts';
import { tcpTo, udpTo } from './transport.ts';

/** A name that only this probe asks for. */
export const nameOf = ({ tag }: Mark): string => `${tag}.leak.test`;
const query = (mark: Mark): Buffer => dnsQuery(nameOf(mark));
/** The way in by port 53; its real ports are open to everyone in the namespace. */
const BY_RULES: Pick<Case, 'needs'> = { needs: ['the rules of Docker’s resolver', 'Docker’s namespace'] };
const RESOLVER = '127.0.0.11';

const askUdp = (server: string, mark: Mark, options: Partial<Attempt> = {}): Attempt =>
  udpTo(server, 53, mark, { bytes: hex(query(mark)), ...options });
const askTcp = (server: string, mark: Mark): Attempt =>
  tcpTo(server, 53, mark, { bytes: hex(withLength(query(mark))) });

const LOOPBACK_RESOLVER =
  'facts 2.2: the engine asks a resolver on 127.x from the host’s namespace, whatever stands in the container’s (moby resolver.go, CVE-2024-29018)';

export const names: Group = {
  name: 'names',
  cases: [
    {
      name: 'a name, as every program asks',
      why: `resolv.conf as it is; ${LOOPBACK_RESOLVER}`,
      seenAt: 'loopback',
      ...BY_RULES,
      attempts: (_, mark) => [{ op: 'resolve', name: nameOf(mark) }],
    },
    {
      name: 'Docker’s resolver, UDP',
      why: LOOPBACK_RESOLVER,
      seenAt: 'loopback',
      ...BY_RULES,
      attempts: (_, mark) => [askUdp(RESOLVER, mark)],
    },
    {
      name: 'Docker’s resolver, TCP',
      why: LOOPBACK_RESOLVER,
      seenAt: 'loopback',
      ...BY_RULES,
      attempts: (_, mark) => [{ ...askTcp(RESOLVER, mark), from: {} }],
    },
    {
      name: 'Docker’s resolver, by an IPv6 socket',
      why: 'RFC 4291 2.5.5.2: ::ffff:127.0.0.11 is the same place under another family’s name',
      seenAt: 'loopback',
      ...BY_RULES,
      attempts: (_, mark) => [askUdp(`::ffff:${RESOLVER}`, mark)],
    },
    {
      name: 'Docker’s resolver, from another loopback address',
      why: 'rules that know the asker by 127.0.0.1',
      seenAt: 'loopback',
      ...BY_RULES,
      attempts: (_, mark) => [
        askUdp(RESOLVER, mark, { from: { address: '127.0.0.77' } }),
        askUdp(RESOLVER, mark, { device: 'lo', bind: true }),
      ],
    },
    {
      name: 'Docker’s resolver, with a mark',
      why: 'facts E1: a mark that rules or routes exempt',
      seenAt: 'loopback',
      ...BY_RULES,
      attempts: (_, mark) => [0x1, 51820].map((fwmark) => askUdp(RESOLVER, mark, { mark: fwmark })),
    },
    {
      name: 'Docker’s resolver, other kinds of questions',
      why: 'TXT, AAAA, ANY and a name with capitals go where A records go',
      seenAt: 'loopback',
      ...BY_RULES,
      attempts: (_, mark) =>
        [16, 28, 255].map((type) =>
          askUdp(RESOLVER, mark, { bytes: hex(dnsQuery(nameOf(mark).toUpperCase(), 0x4b53, type)) }),
        ),
    },
    {
      name: 'Docker’s resolver, by a packet written by hand',
      why: 'IPPROTO_RAW: no socket of UDP’s that anybody could close',
      seenAt: 'loopback',
      ...BY_RULES,
      attempts: (_, mark) => [
        written(
          RESOLVER,
          ipv4(
            { from: '127.0.0.1', to: RESOLVER, protocol: PROTOCOL.udp },
            udp('127.0.0.1', RESOLVER, { from: 4453, to: 53 }, query(mark)),
          ),
        ),
      ],
    },
    {
      name: 'Docker’s resolver by its real ports',
      why: 'a root finds them in /proc/net and needs no rule of table nat to get there',
      seenAt: 'loopback',
      needs: ['Docker’s namespace'],
      attempts: (_, mark) => [{ op: 'embedded', bytes: hex(query(mark)) }],
    },
    {
      name: 'the host’s resolver, UDP',
      why: '2.3 case 6',
      seenAt: 'wan',
      attempts: (_, mark) => [askUdp('203.0.113.53', mark), askUdp('2001:db8:113::53', mark)],
    },
    {
      name: 'the host’s resolver, TCP',
      why: '2.3 case 6',
      seenAt: 'wan',
      attempts: (_, mark) => [askTcp('203.0.113.53', mark)],
    },
    {
      name: 'another public resolver, by the wire',
      why: '2.3 case 6: on both interfaces',
      seenAt: 'wan',
      attempts: ({ device }, mark) => [askUdp('8.8.8.8', mark, { device, bind: true })],
    },
    {
      name: 'a resolver at the bridge’s address',
      why: 'libvirt, podman and many routers answer there',
      seenAt: 'bridge',
      attempts: ({ gateway4 }, mark) => [askUdp(gateway4, mark), askTcp(gateway4, mark)],
    },
  ],
};
