/** Names, and questions for them. */
import { dnsQuery, withLength } from '../bytes/build.ts';
import type { Attempt, Case, Mark } from '../case.ts';
import { hex } from './payload.ts';
import { tcpTo, udpTo } from './socket.ts';

/** A name that only this probe asks for. */
export const nameOf = ({ tag }: Mark): string => `${tag}.leak.test`;
export const query = (mark: Mark): Buffer => dnsQuery(nameOf(mark));

export const askUdp = (server: string, mark: Mark, options: Partial<Attempt> = {}): Attempt =>
  udpTo(server, 53, mark, { bytes: hex(query(mark)), ...options });
export const askTcp = (server: string, mark: Mark): Attempt =>
  tcpTo(server, 53, mark, { bytes: hex(withLength(query(mark))) });

/** For services that answer a whole group: mDNS and its like. */
export const askGroup = (to: string, port: number, device: string, mark: Mark): Attempt =>
  udpTo(to, port, mark, { bytes: hex(query(mark)), device, multicast: true });

export const DOCKERS_RESOLVER = '127.0.0.11';

/** The way in by port 53; its real ports are open to everyone in the namespace. */
export const BY_RULES: Pick<Case, 'needs'> = { needs: ['the rules of Docker’s resolver', 'Docker’s namespace'] };
