import { dnsQuery, withLength } from '../bytes/build.ts';
import type { Attempt, Group, Mark } from '../case.ts';
import { hex } from '../case.ts';
import { tcpTo, udpTo } from './transport.ts';

/** A name that only this probe asks for. */
export const nameOf = ({ tag }: Mark): string => `${tag}.leak.test`;
const query = (mark: Mark): Buffer => dnsQuery(nameOf(mark));

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
      attempts: (_, mark) => [{ op: 'resolve', name: nameOf(mark) }],
    },
    {
      name: 'Docker’s resolver, UDP',
      why: LOOPBACK_RESOLVER,
      seenAt: 'loopback',
      attempts: (_, mark) => [askUdp('127.0.0.11', mark)],
    },
    {
      name: 'Docker’s resolver, TCP',
      why: LOOPBACK_RESOLVER,
      seenAt: 'loopback',
      attempts: (_, mark) => [{ ...askTcp('127.0.0.11', mark), from: {} }],
    },
    {
      name: 'Docker’s resolver by its real ports',
      why: 'a root finds them in /proc/net and needs no rule of table nat to get there',
      seenAt: 'loopback',
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
    {
      name: 'mDNS and LLMNR',
      why: '2.3 case 19',
      seenAt: 'neighbour',
      attempts: ({ device }, mark) => [
        askUdp('224.0.0.251', mark, { port: 5353, device, multicast: true }),
        askUdp('224.0.0.252', mark, { port: 5355, device, multicast: true }),
        askUdp('ff02::fb', mark, { port: 5353, device, multicast: true }),
      ],
    },
  ],
};
