import { randomInt } from 'node:crypto';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf, type IpFamily } from '../../shared/ip.ts';
import { echoRequest, isEchoReply } from './icmp.ts';
import { inside } from './inside.ts';
import { connectSocket, openSocket, receive, SystemCallError, send, setSocketOption } from './libc.ts';
import type { Namespace } from './netns.ts';
import { socketAddress } from './socket-address.ts';
import { AF_INET, AF_INET6, SO_BINDTODEVICE, SOCK_RAW, SOL_SOCKET } from './socket-constants.ts';

/** From where and whom: by a device of a namespace. */
export interface PingPath {
  readonly namespace: Namespace;
  readonly device: string;
  readonly target: string;
}

export interface PingOptions {
  /** Until then one answer must have come. */
  readonly seconds: number;
  readonly intervalSeconds: number;
  /** Of the whole packet, which must not be cut in pieces. */
  readonly bytes?: number;
}

/** IP header and ICMP's own. RFC 792, RFC 4443 */
const HEADERS = { 4: 28, 6: 48 } as const;

// linux/in.h, linux/in6.h, linux/icmp.h, linux/icmpv6.h
const PMTUDISC_DO = 2;
const FAMILIES = {
  4: { domain: AF_INET, protocol: 1, level: 0, mtuDiscover: 10, filterLevel: 255, echoReply: 0 },
  6: { domain: AF_INET6, protocol: 58, level: 41, mtuDiscover: 23, filterLevel: 58, echoReply: 129 },
} as const;
const ICMP_FILTER = 1;

const FIRST_LOOK_MS = 2;
const LAST_LOOK_MS = 100;
const scratch = Buffer.alloc(2048);

/**
 * Sends until one answer has come. A socket and no process: it is asked for every idle session, all day.
 * @returns whether it has; false where nothing can be sent either
 */
export async function ping(path: PingPath, { seconds, intervalSeconds, bytes }: PingOptions): Promise<boolean> {
  const family = familyOf(path.target);
  const socket = orUnlessAbsent(() => openPing(path, family));
  if (socket === undefined) return false;
  try {
    const id = randomInt(0x10000);
    const payload = Math.max(0, (bytes ?? 0) - HEADERS[family]);
    const tries = Math.max(1, Math.round(seconds / intervalSeconds));
    for (let sequence = 1; sequence <= tries; sequence++) {
      if (!trySend(socket, echoRequest(family, id, sequence, payload))) return false;
      if (await hears(socket, family, id, intervalSeconds * 1000)) return true;
    }
    return false;
  } finally {
    closeSync(socket);
  }
}

function openPing({ namespace, device, target }: PingPath, family: IpFamily): number {
  const { domain, protocol, level, mtuDiscover, filterLevel, echoReply } = FAMILIES[family];
  return inside(namespace, () => {
    const socket = openSocket(domain, SOCK_RAW, protocol);
    try {
      setSocketOption(socket, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`));
      setSocketOption(socket, level, mtuDiscover, uint32(PMTUDISC_DO));
      setSocketOption(socket, filterLevel, ICMP_FILTER, allBut(echoReply, family));
      connectSocket(socket, socketAddress(target));
      return socket;
    } catch (error) {
      closeSync(socket);
      throw error;
    }
  });
}

/** Types that are not to be received: one bit each; ICMP has 32 of them, ICMPv6 256. */
function allBut(type: number, family: IpFamily): Buffer {
  const bits = Buffer.alloc(family === 4 ? 4 : 32, 0xff);
  const word = (type >> 5) * 4;
  bits.writeUInt32LE((bits.readUInt32LE(word) & ~(1 << (type & 31))) >>> 0, word);
  return bits;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** @returns false where it is too large for the device, which another try won't change */
function trySend(socket: number, packet: Buffer): boolean {
  try {
    send(socket, packet);
    return true;
  } catch (error) {
    return isSystemCallError(error) && error.code !== 'EMSGSIZE'; // no route for a moment, or a lock: as if lost
  }
}

async function hears(socket: number, family: IpFamily, id: number, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(2 * pause, LAST_LOOK_MS)) {
    const rest = end - performance.now();
    if (rest <= 0) return false;
    await sleep(Math.min(pause, rest));
    if (hasAnswer(socket, family, id)) return true;
  }
}

function hasAnswer(socket: number, family: IpFamily, id: number): boolean {
  for (;;) {
    const length = orUnlessAbsent(() => receive(socket, scratch));
    if (length === undefined) return false;
    if (isEchoReply(family, scratch.subarray(0, length), id)) return true;
  }
}

/** Undefined where there is no device or no way, or an ICMP error says so of what was sent. Other failures are for the caller. */
function orUnlessAbsent<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (isSystemCallError(error) && ABSENT.includes(error.code)) return undefined;
    throw error;
  }
}

const ABSENT = [
  'ENODEV',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'ECONNREFUSED',
  'EMSGSIZE',
];

const isSystemCallError = (error: unknown): error is SystemCallError => error instanceof SystemCallError;
