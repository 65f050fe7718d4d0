import { closeSync } from 'node:fs';
import { EgressError } from '../../shared/errors.ts';
import { receiveAside, sendAside } from './libc.ts';
import { NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR, openNetlink, request, split } from './netlink.ts';
import { readAttributes } from './netlink-attributes.ts';

/** A link of this namespace, as far as it matters here. */
export interface Link {
  readonly name: string;
  readonly alias?: string;
  /** `bridge`, `veth`, …; undefined for a real device. */
  readonly kind?: string;
  /** Which namespace the other end of a veth pair is in: a number that is ours, not the namespace's. Absent: this one. */
  readonly farNamespace?: number;
}

// linux/rtnetlink.h, linux/if_link.h
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFINFOMSG_BYTES = 16;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_LINK_NETNSID = 37;
const IFLA_INFO_KIND = 1;
/** The kernel sends as much at once as the reader has room for, up to this. */
const ROOM = 32 * 1024;

/**
 * All links of the host. By netlink, since ip(8) takes ten times as long with hundreds of them, and aside from the main
 * thread, since kernels before 6.9 keep whoever asks waiting while somebody else changes a link.
 */
export async function readLinks(): Promise<Link[]> {
  const socket = openNetlink('route');
  try {
    await sendAside(socket, request(RTM_GETLINK, Buffer.alloc(IFINFOMSG_BYTES), NLM_F_DUMP));
    const links: Link[] = [];
    for (;;) {
      for (const { type, body } of split(await receiveAside(socket, Buffer.alloc(ROOM)))) {
        if (type === NLMSG_DONE) return links;
        if (type === NLMSG_ERROR) throw new EgressError('INTERNAL', "the kernel does not list the host's links");
        if (type === RTM_NEWLINK) links.push(parseLink(body));
      }
    }
  } finally {
    closeSync(socket);
  }
}

/** Pure. A struct ifinfomsg and its attributes. */
export function parseLink(body: Buffer): Link {
  const attributes = readAttributes(body.subarray(IFINFOMSG_BYTES));
  const info = attributes.get(IFLA_LINKINFO);
  const kind = info && readAttributes(info).get(IFLA_INFO_KIND);
  const alias = attributes.get(IFLA_IFALIAS);
  const far = attributes.get(IFLA_LINK_NETNSID);
  return {
    name: textOf(attributes.get(IFLA_IFNAME)),
    ...(alias ? { alias: textOf(alias) } : {}),
    ...(kind ? { kind: textOf(kind) } : {}),
    ...(far ? { farNamespace: far.readInt32LE(0) } : {}),
  };
}

const textOf = (value: Buffer = Buffer.alloc(0)): string => value.toString().replace(/\0.*$/s, '');
