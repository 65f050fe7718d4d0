import { sh } from './shell.ts';

/**
 * Groups of links and addresses (RTNLGRP_ LINK, IPV4_IFADDR, IPV6_IFADDR) that the netlink sockets of a process are in, as bits.
 * @param must runs a program where the process's id is known
 */
export async function linkNewsOf(
  pid: number,
  must: (...argv: [string, ...string[]]) => Promise<string> = sh,
): Promise<number> {
  const descriptors = await must('ls', '-l', `/proc/${pid}/fd`);
  const lines = (await must('cat', `/proc/${pid}/net/netlink`)).split('\n').map((line) => line.trim().split(/\s+/));
  const own = lines.filter((columns) => descriptors.includes(`socket:[${columns.at(-1)}]`));
  return own.reduce((groups, columns) => groups | (Number.parseInt(columns[3] ?? '', 16) & 0x111), 0);
}
