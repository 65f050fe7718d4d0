import { bytesOf, familyOf } from '../../shared/ip.ts';
import { AF_INET, AF_INET6 } from './socket-constants.ts';

/** struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)) of an address, with port 0. */
export function socketAddress(text: string): Buffer {
  const isIpv4 = familyOf(text) === 4;
  const address = Buffer.alloc(isIpv4 ? 16 : 28);
  address.writeUInt16LE(isIpv4 ? AF_INET : AF_INET6, 0);
  bytesOf(text).copy(address, isIpv4 ? 4 : 8);
  return address;
}
