import type { Case } from '../case.ts';
import { pingTo, tcpTo, udpTo } from './socket.ts';

/** Mullvad's `send_guest_probes`: ports with a meaning, and one without. */
const PORTS = [53, 443, 1337];

/** UDP, TCP and ping to an address that the host's default route leads to. */
export function eachProtocolTo(to: string, about: Pick<Case, 'why' | 'source'>): Case[] {
  const byPort = PORTS.flatMap((port): Case[] => [
    { name: `UDP to ${to} port ${port}`, ...about, seenAt: 'wan', attempts: (_, mark) => [udpTo(to, port, mark)] },
    { name: `TCP to ${to} port ${port}`, ...about, seenAt: 'wan', attempts: (_, mark) => [tcpTo(to, port, mark)] },
  ]);
  const ping: Case = {
    name: `ping to ${to}`,
    ...about,
    seenAt: 'wan',
    attempts: (at, mark) => [pingTo(to, at, mark)],
  };
  return [...byPort, ping];
}
