import ipaddr from 'ipaddr.js';
import { z } from 'zod';

export type IpFamily = 4 | 6;

const parsed = (text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined => {
  // Only the four-part form of IPv4, and no zone: other spellings mean different hosts to different programs.
  if (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  if (text.includes('%') || !ipaddr.isValid(text)) return undefined;
  return ipaddr.parse(text);
};

export const isIp = (text: string): boolean => parsed(text) !== undefined;
export const familyOf = (address: string): IpFamily => (address.includes(':') ? 6 : 4);

/** `10.1.2.3/16` → address, prefix length and network, in canonical spelling; undefined where it is none. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly network: string;
  readonly family: IpFamily;
}

/** An address without a length is a single host. Leading zeros, zones and short IPv4 forms are refused. */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const address = parsed(addressText);
  if (!address || rest.length > 0) return undefined;
  const bits = address.kind() === 'ipv4' ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  if (prefix > bits) return undefined;
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${prefix}`);
  return {
    address: address.toString(),
    prefix,
    network: `${network}/${prefix}`,
    family: address.kind() === 'ipv4' ? 4 : 6,
  };
}

/** `172.20.0.3/16` → `172.20.0.3` */
export const addressOf = (cidrText: string): string => cidrText.split('/')[0] ?? cidrText;

/** In network order: 4 of them, or 16. */
export const bytesOf = (address: string): Buffer => Buffer.from(ipaddr.parse(address).toByteArray());

/** An IPv6 address as nft compares raw bytes: `0x` and 32 digits. */
export const hexOfIpv6 = (address: string): string => `0x${bytesOf(address).toString('hex')}`;

/** Whether `address` lies in `range` (CIDR). An IPv4-mapped IPv6 address counts as the IPv4 address it carries. */
export const isInside = (address: string, range: string): boolean => isInAny([range])(address);

/** As `isInside`, for many addresses: the ranges are read once. What is no range holds nothing. */
export function isInAny(ranges: readonly string[]): (address: string) => boolean {
  const bases = ranges.flatMap((range) => {
    const cidr = parseCidr(range);
    return cidr ? [[ipaddr.parse(addressOf(cidr.network)), cidr.prefix] as const] : [];
  });
  return (address) => {
    if (!isIp(address)) return false;
    const subject = ipaddr.process(address);
    return bases.some(([base, prefix]) => subject.kind() === base.kind() && subject.match([base, prefix] as never));
  };
}

export const ipAddress = z.string().refine(isIp, 'not an IP address');
export const cidr = z
  .string()
  .refine((text) => parseCidr(text) !== undefined, 'not a network in CIDR form')
  .transform((text) => parseCidr(text)?.network ?? text);
