import { bytesOf, type Cidr, type IpFamily } from '../../shared/ip.ts';
import { request } from './netlink.ts';
import { attribute, readAttributes, text, u8, u32 } from './netlink-attributes.ts';
import { AF_INET, AF_INET6 } from './socket-constants.ts';

/** Pure. rtnetlink(7)'s requests, each as ip(8) would send it for the same end. */

// linux/netlink.h
const NLM_F_ACK = 4;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

// linux/rtnetlink.h
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
export const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RTN_UNREACHABLE = 7;
const RT_SCOPE_LINK = 253;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_TABLE = 15;
const RTMSG_BYTES = 12;

// linux/if.h, linux/if_link.h, linux/veth.h, linux/if_addr.h, linux/fib_rules.h
const IFF_UP = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_AF_SPEC = 26;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_INFO_SLAVE_DATA = 5;
const IFLA_BRPORT_ISOLATED = 33;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
const VETH_INFO_PEER = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const IFA_F_NODAD = 2;
const IFA_F_NOPREFIXROUTE = 0x200;
const FRA_PRIORITY = 6;
const FRA_SUPPRESS_PREFIXLEN = 14;
const FRA_TABLE = 15;
const FR_ACT_TO_TBL = 1;

const codeOf = (family: IpFamily): number => (family === 4 ? AF_INET : AF_INET6);

const change = (type: number, flags: number, ...parts: readonly Buffer[]): Buffer =>
  request(type, Buffer.concat(parts), flags | NLM_F_ACK);

export interface LinkHeader {
  /** Absent: it is called by its name, in an attribute. */
  readonly index?: number;
  readonly up?: boolean;
}

/** struct ifinfomsg */
function linkHeader({ index = 0, up }: LinkHeader = {}): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  if (up !== undefined) {
    header.writeUInt32LE(up ? IFF_UP : 0, 8);
    header.writeUInt32LE(IFF_UP, 12);
  }
  return header;
}

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

export function addVeth(name: string, peer: { readonly name: string; readonly mac: string }): Buffer {
  const far = [linkHeader(), attribute(IFLA_IFNAME, text(peer.name)), attribute(IFLA_ADDRESS, macBytes(peer.mac))];
  const info = [
    attribute(IFLA_INFO_KIND, Buffer.from('veth')),
    attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, ...far)),
  ];
  const parts = [linkHeader(), attribute(IFLA_IFNAME, text(name)), attribute(IFLA_LINKINFO, ...info)];
  return change(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ...parts);
}

/** Of a kind that needs nothing but its name. */
export const addLink = (name: string, kind: string): Buffer =>
  change(
    RTM_NEWLINK,
    NLM_F_CREATE | NLM_F_EXCL,
    linkHeader(),
    attribute(IFLA_IFNAME, text(name)),
    attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, Buffer.from(kind))),
  );

const changeLink = (name: string, header: LinkHeader, ...attributes: readonly Buffer[]): Buffer =>
  change(RTM_NEWLINK, 0, linkHeader(header), attribute(IFLA_IFNAME, text(name)), ...attributes);

export const setLink = (name: string, { mtu, up }: { mtu?: number | undefined; up?: boolean | undefined }): Buffer =>
  changeLink(name, up === undefined ? {} : { up }, ...(mtu === undefined ? [] : [attribute(IFLA_MTU, u32(mtu))]));

/** It makes no link-local address of its own. */
export const setNoAddressGeneration = (name: string): Buffer => {
  const mode = attribute(IFLA_INET6_ADDR_GEN_MODE, u8(IN6_ADDR_GEN_MODE_NONE));
  return changeLink(name, {}, attribute(IFLA_AF_SPEC, attribute(AF_INET6, mode)));
};

export const setMaster = (name: string, bridge: number): Buffer =>
  changeLink(name, {}, attribute(IFLA_MASTER, u32(bridge)));

export function setIsolated(name: string, isolated: boolean): Buffer {
  const info = [
    attribute(IFLA_INFO_SLAVE_KIND, Buffer.from('bridge')),
    attribute(IFLA_INFO_SLAVE_DATA, attribute(IFLA_BRPORT_ISOLATED, u8(isolated ? 1 : 0))),
  ];
  return changeLink(name, {}, attribute(IFLA_LINKINFO, ...info));
}

/** @param descriptor of the namespace, opened by us; @param name what it is called there */
export const moveLink = (index: number, descriptor: number, name: string): Buffer =>
  changeLink(name, { index }, attribute(IFLA_NET_NS_FD, u32(descriptor)));

/** By its name: to ask for the number of a link that is absent makes the kernel look for a module of that name, and wait for that. */
export const deleteLink = (name: string): Buffer =>
  change(RTM_DELLINK, 0, linkHeader(), attribute(IFLA_IFNAME, text(name)));

export interface AddressOptions {
  readonly noDad: boolean;
  readonly noPrefixRoute: boolean;
}

export function replaceAddress(
  { address, prefix, family }: Cidr,
  device: number,
  { noDad, noPrefixRoute }: AddressOptions,
): Buffer {
  const header = Buffer.alloc(8); // struct ifaddrmsg
  header.writeUInt8(codeOf(family), 0);
  header.writeUInt8(prefix, 1);
  header.writeUInt32LE(device, 4);
  const bytes = bytesOf(address);
  const flags = (noDad ? IFA_F_NODAD : 0) | (noPrefixRoute ? IFA_F_NOPREFIXROUTE : 0);
  const attributes = [
    attribute(IFA_LOCAL, bytes),
    attribute(IFA_ADDRESS, bytes),
    ...(flags === 0 ? [] : [attribute(IFA_FLAGS, u32(flags))]),
  ];
  return change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, header, ...attributes);
}

export interface Way {
  readonly device: number;
  readonly gateway?: string | undefined;
}

/** @param way undefined: it is unreachable */
export function replaceRoute(
  { network, prefix, family }: Cidr,
  { table, metric, way }: { table: number; metric?: number; way: Way | undefined },
): Buffer {
  const header = Buffer.alloc(RTMSG_BYTES);
  header.writeUInt8(codeOf(family), 0);
  header.writeUInt8(prefix, 1);
  header.writeUInt8(RTPROT_BOOT, 5);
  header.writeUInt8(way && !way.gateway && family === 4 ? RT_SCOPE_LINK : 0, 6);
  header.writeUInt8(way ? RTN_UNICAST : RTN_UNREACHABLE, 7);
  const attributes = [
    attribute(RTA_DST, bytesOf(network.split('/')[0] ?? '')),
    attribute(RTA_TABLE, u32(table)),
    ...(metric === undefined ? [] : [attribute(RTA_PRIORITY, u32(metric))]),
    ...(way ? [attribute(RTA_OIF, u32(way.device))] : []),
    ...(way?.gateway ? [attribute(RTA_GATEWAY, bytesOf(way.gateway))] : []),
  ];
  return change(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, header, ...attributes);
}

export interface Rule {
  readonly family: IpFamily;
  readonly priority: number;
  readonly table: number;
  readonly suppressPrefixLength?: number | undefined;
}

function rule(type: number, flags: number, { family, priority, table, suppressPrefixLength }: Rule): Buffer {
  const header = Buffer.alloc(12); // struct fib_rule_hdr
  header.writeUInt8(codeOf(family), 0);
  header.writeUInt8(type === RTM_NEWRULE ? FR_ACT_TO_TBL : 0, 7);
  const attributes = [
    attribute(FRA_PRIORITY, u32(priority)),
    attribute(FRA_TABLE, u32(table)),
    ...(suppressPrefixLength === undefined ? [] : [attribute(FRA_SUPPRESS_PREFIXLEN, u32(suppressPrefixLength))]),
  ];
  return change(type, flags, header, ...attributes);
}

export const addRule = (wanted: Rule): Buffer => rule(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, wanted);
export const deleteRule = (wanted: Rule): Buffer => rule(RTM_DELRULE, 0, wanted);

/** For a dump of one family's routes. */
export function routesQuestion(family: IpFamily): Buffer {
  const header = Buffer.alloc(RTMSG_BYTES);
  header.writeUInt8(codeOf(family), 0);
  return header;
}

/** @param body a route as the kernel has listed it @returns undefined where it is none that leads somewhere from that table */
export function deleteUnicastRoute(body: Buffer, table: number): Buffer | undefined {
  const isUnicast = body.readUInt8(7) === RTN_UNICAST;
  const found = readAttributes(body.subarray(RTMSG_BYTES)).get(RTA_TABLE)?.readUInt32LE(0) ?? body.readUInt8(4);
  return isUnicast && found === table ? change(RTM_DELROUTE, 0, body) : undefined;
}
