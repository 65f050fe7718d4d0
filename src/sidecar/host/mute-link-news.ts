import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { borrowDescriptor, openProcess, SystemCallError, setSocketOption } from './libc.ts';

// linux/netlink.h, linux/rtnetlink.h
const SOL_NETLINK = 270;
const NETLINK_DROP_MEMBERSHIP = 2;
/** RTNLGRP_ LINK, IPV4_IFADDR, IPV6_IFADDR */
const GROUPS = [1, 5, 9];

/**
 * From now on a process hears no more of links and addresses, whatever it has asked the kernel for: hundreds that listen are
 * woken by each change of each link of the host. See docs/adr/0021-wireguard-go-hears-of-no-links.md.
 * @throws SystemCallError where its sockets can't be had
 */
export function muteLinkNews(pid: number): void {
  const process = openProcess(pid);
  try {
    for (const descriptor of socketsOf(pid)) leaveGroups(process, descriptor);
  } finally {
    closeSync(process);
  }
}

function socketsOf(pid: number): number[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder)
    .filter((name) => readlinkSync(`${folder}/${name}`).startsWith('socket:'))
    .map(Number);
}

function leaveGroups(process: number, descriptor: number): void {
  const socket = borrowDescriptor(process, descriptor);
  try {
    for (const group of GROUPS)
      setSocketOption(socket, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, Buffer.from(Int32Array.of(group).buffer));
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error; // not one of netlink's
  } finally {
    closeSync(socket);
  }
}
